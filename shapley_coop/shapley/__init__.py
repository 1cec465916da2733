"""Shapley values and their kin: exact from tables, estimated from few evaluations.

`exact(table)` and `estimate(f, n, budget=…, rng=…)` are the two ways in. Importing this package
loads numpy alone; `graph` (networkx), `stability` and `nucleolus` (scipy) are asked for by name.
"""

from shapley_coop.shapley.dividends import additive_parts, dividends, from_dividends
from shapley_coop.shapley.driver import Options, Run, evaluate
from shapley_coop.shapley.estimate import BadValueError, EvaluationError, estimate
from shapley_coop.shapley.estimates import Estimate
from shapley_coop.shapley.games import from_sets, from_sparse, from_table, named_table
from shapley_coop.shapley.interactions import pair_interactions
from shapley_coop.shapley.sampled_types import estimate_by_types
from shapley_coop.shapley.semivalues import beta_weights, binomial_weights
from shapley_coop.shapley.session import Request, Session
from shapley_coop.shapley.stopping import (
    half_width,
    max_cost,
    max_evaluations,
    max_seconds,
    settled_ranking,
)
from shapley_coop.shapley.structured import airport, weighted_sum, weighted_voting
from shapley_coop.shapley.tables import open_table
from shapley_coop.shapley.types import exact_by_types
from shapley_coop.shapley.unions import owen
from shapley_coop.shapley.values import Exact, banzhaf, exact, leave_one_out

__all__ = [
    "BadValueError",
    "Estimate",
    "EvaluationError",
    "Exact",
    "Options",
    "Request",
    "Run",
    "Session",
    "additive_parts",
    "airport",
    "banzhaf",
    "beta_weights",
    "binomial_weights",
    "dividends",
    "estimate",
    "estimate_by_types",
    "evaluate",
    "exact",
    "exact_by_types",
    "from_dividends",
    "from_sets",
    "from_sparse",
    "from_table",
    "half_width",
    "leave_one_out",
    "max_cost",
    "max_evaluations",
    "max_seconds",
    "named_table",
    "open_table",
    "owen",
    "pair_interactions",
    "settled_ranking",
    "weighted_sum",
    "weighted_voting",
]
