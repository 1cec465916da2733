"""What learns: models of this project's own, and how they are kept."""
