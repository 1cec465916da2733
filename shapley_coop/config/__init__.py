"""Everything a user can set, read in one place and validated once."""
