"""What others implement: games, agents, models and worths, and how they are found."""
