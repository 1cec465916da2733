"""What an episode's agreement stands up to: each check is a module, `episode` makes them all."""
