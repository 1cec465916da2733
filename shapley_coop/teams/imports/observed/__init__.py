"""Runs that were only observed: what logs of several formats tell of them."""
