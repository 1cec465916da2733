"""What if: one change in a recorded episode, and what follows from it."""
