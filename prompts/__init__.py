"""Prompt templates: agent/ by moment, judge/, and the rules of games without any of their own."""
