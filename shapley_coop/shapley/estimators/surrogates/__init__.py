"""Models fitted to evaluated coalitions, whose Shapley values are known in closed form."""
