"""What reinforcement learns from: what seats are paid, plays of policies, and their credit."""
