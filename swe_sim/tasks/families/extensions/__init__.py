"""Families in which a working program is to be given more."""
