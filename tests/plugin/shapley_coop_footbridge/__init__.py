"""A footbridge that villagers build: a game, and all else that a plug-in can bring."""
