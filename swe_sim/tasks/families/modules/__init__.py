"""Families whose solution is several files that import one another."""
