"""Benchmarks: commands that measure what the project promises."""
