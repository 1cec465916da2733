"""Seats played by language models: what they are asked and how their replies are read."""
