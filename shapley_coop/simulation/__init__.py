"""Playing: one play, one episode, one run."""
