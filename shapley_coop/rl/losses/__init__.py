"""Losses that turn credit into gradients."""
