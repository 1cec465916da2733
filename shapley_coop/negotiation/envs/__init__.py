"""Negotiation as PettingZoo environments: a table, and a game with its tables."""
