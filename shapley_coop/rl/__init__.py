"""Learning from episodes: credit over time, recurrent forecasting; torch lives here."""
