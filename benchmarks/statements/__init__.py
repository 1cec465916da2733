"""Printed statements of random small games against plain enumeration."""
