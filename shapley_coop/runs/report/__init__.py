"""Reports of a run, made from its folder alone: the game's package need not be installed."""
