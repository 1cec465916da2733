"""How the code reads, in figures: `python -m benchmarks.style [PATH ...]`."""
