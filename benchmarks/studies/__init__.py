"""How well the statistics of studies keep what they say."""
