"""Reinforcement learning on episodes: credit over time and recurrent forecasting; torch lives here."""
