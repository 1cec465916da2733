"""Families in which a working program has been given a fault to mend."""
