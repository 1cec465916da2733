"""Families whose hidden tests contradict one another, so that no tree passes them all."""
