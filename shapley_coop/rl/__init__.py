"""Learning from episodes: credit over time, for turns and tokens, and forecasts, with torch."""
