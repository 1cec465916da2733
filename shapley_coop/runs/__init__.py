"""What is left of a run, and what it shows."""
