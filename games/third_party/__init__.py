"""Environments that nobody here wrote, as games."""
