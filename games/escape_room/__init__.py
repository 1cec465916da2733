"""Escape Room: the paper's pair, and the larger rooms of LIO."""
