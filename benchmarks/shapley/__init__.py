"""Benchmarks of the Shapley engine beside its peers. See `run.py` for how to set peers up."""
