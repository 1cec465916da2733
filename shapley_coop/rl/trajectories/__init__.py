"""Episodes as rows for credit methods."""
