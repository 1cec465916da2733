"""How policies learn from episodes."""
