"""What is left of a run, and what it shows."""

from pathlib import Path

RUNS_DIR = Path("runs")
"""Where run folders go unless told otherwise."""
