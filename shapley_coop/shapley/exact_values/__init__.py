"""Exact values: semivalues, interactions, values of unions, of types and of structured games."""
