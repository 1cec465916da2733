"""Checks of somebody else's game or agent, without a test framework."""
