"""The worth kinds, one file each: how the value of a coalition is obtained."""
