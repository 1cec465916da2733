"""Who can sit at a seat: language models, a human, and rules."""
