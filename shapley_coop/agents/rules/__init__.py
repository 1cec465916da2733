"""Seats played by rules: reference bargainers, and rivals for studies."""
