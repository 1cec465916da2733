"""Reinforcement of language policies from what they answered in runs."""
