"""Prompt templates: agent/ by moment, games/ by rules."""
