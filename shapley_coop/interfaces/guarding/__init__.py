"""What a game from somebody else gives: what it declares and returns is checked by name."""
