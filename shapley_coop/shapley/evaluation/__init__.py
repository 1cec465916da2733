"""How a game is asked for coalition values: one after another, or many at once."""
