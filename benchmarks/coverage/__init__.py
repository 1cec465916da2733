"""How often 95 percent intervals of credit hold the truth."""
