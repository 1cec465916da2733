"""Studies: many runs as one, as a sweep, a tournament, or the tables of the paper."""
