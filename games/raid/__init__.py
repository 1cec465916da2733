"""The raid of the paper: heroes against a boss."""
