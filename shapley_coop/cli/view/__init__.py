"""What a person sees while waiting: an episode as it is told, a bar, weights arriving."""
