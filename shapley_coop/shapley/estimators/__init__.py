"""Estimators of Shapley values from few evaluations."""
