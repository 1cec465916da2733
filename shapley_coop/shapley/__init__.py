"""Shapley values and their kin: exact from tables, estimated from few evaluations."""

from shapley_coop.shapley.semivalues import beta_weights, binomial_weights
from shapley_coop.shapley.tables import open_table
from shapley_coop.shapley.types import exact_by_types
from shapley_coop.shapley.values import Exact, banzhaf, exact, leave_one_out

__all__ = [
    "Exact",
    "banzhaf",
    "beta_weights",
    "binomial_weights",
    "exact",
    "exact_by_types",
    "leave_one_out",
    "open_table",
]
