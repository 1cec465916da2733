"""The formats of recorded runs, one file each."""
