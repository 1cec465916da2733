"""Recurrent policies: a small network with a memory that bargains and plays one game."""
