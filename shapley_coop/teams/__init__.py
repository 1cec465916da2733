"""Credit for teams that run elsewhere: which member earns its keep, within a budget of runs."""
