"""Games with known answers from cooperative game theory."""
