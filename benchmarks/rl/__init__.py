"""Benchmarks of what learns."""
