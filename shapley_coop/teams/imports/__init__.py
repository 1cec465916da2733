"""Runs that others recorded: what their logs state, checked, and what cannot be known from them."""
