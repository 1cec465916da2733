"""The commands that play many runs as one: sweeps, tournaments, and the tables of the paper."""
