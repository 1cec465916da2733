"""Shapley values and their kin: exact from tables, estimated from few evaluations.

`exact(table)` and `estimate(f, n, budget=…, rng=…)` are the two ways in. Importing this package
loads numpy alone. The modules that need more are imported by name: `graph` needs networkx,
`stability` and `nucleolus` need scipy.
"""

from shapley_coop.shapley.estimators.sampled_types import estimate_by_types
from shapley_coop.shapley.evaluation.concurrent import Options, Run, evaluate
from shapley_coop.shapley.evaluation.session import Request, Session
from shapley_coop.shapley.evaluation.stopping import (
    half_width,
    max_cost,
    max_evaluations,
    max_seconds,
    settled_ranking,
)
from shapley_coop.shapley.evaluation.sync import (
    BadValueError,
    EvaluationError,
    estimate,
)
from shapley_coop.shapley.exact_values.by_types import exact_by_types
from shapley_coop.shapley.exact_values.dividends import (
    additive_parts,
    dividends,
    from_dividends,
)
from shapley_coop.shapley.exact_values.interactions import pair_interactions
from shapley_coop.shapley.exact_values.structured import (
    airport,
    weighted_sum,
    weighted_voting,
)
from shapley_coop.shapley.exact_values.unions import owen
from shapley_coop.shapley.exact_values.values import (
    Exact,
    banzhaf,
    beta_weights,
    binomial_weights,
    exact,
    leave_one_out,
)
from shapley_coop.shapley.games import from_sets, from_sparse, from_table, named_table
from shapley_coop.shapley.result import Estimate
from shapley_coop.shapley.tables import open_table

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
