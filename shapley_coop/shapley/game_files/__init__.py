"""Games in files: the formats of tables, and coalitions written as text."""
