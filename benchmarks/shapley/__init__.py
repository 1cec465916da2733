"""Benchmarks of the Shapley engine beside its peers; see `run.py` for how to set peers up."""
