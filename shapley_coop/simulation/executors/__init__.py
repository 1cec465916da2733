"""Where the episodes of a run are played: in this process, in several, or on a Ray cluster."""
