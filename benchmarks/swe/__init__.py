"""Figures of the software team."""
