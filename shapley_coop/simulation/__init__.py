"""Playing, resuming and replaying runs, what a run would cost, and the Python API."""
