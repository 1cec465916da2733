"""Tournaments: all against all, with ratings, what a population would become, and the oracle."""
