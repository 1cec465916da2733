"""Learning from episodes: credit over time and recurrent forecasting, with torch."""
