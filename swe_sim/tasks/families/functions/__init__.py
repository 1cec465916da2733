"""Families whose solution is one file of a few functions."""
