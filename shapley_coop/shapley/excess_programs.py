"""The linear programs behind least core and nucleolus: the smallest largest excess."""

from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import full, membership, player_bits
from shapley_coop.shapley.tables import player_count

# Up to this many players every coalition is a row of the linear program.
_ALL_ROWS_MAX = 10


class LeastCore(NamedTuple):
    """The smallest tax on leaving that makes some payoff stable, and such a payoff."""

    epsilon: float
    """At most 0 exactly where the core is not empty."""
    payoff: Floats


def minimise_excess(
    worth: Floats, rows: Ints, equal_rows: Ints, equal_sums: Floats
) -> tuple[LeastCore, Floats]:
    """Minimise epsilon with x(S) + epsilon >= v(S) on `rows` and x(S) known on `equal_rows`.

    Returns the solution and the multiplier of each row. Needs scipy.

    Raises:
        RuntimeError: the solver failed.
    """
    from scipy.optimize import linprog

    n = player_count(worth)
    # The variables are the n payoffs and epsilon, which enters no equality.
    at_least = np.hstack([membership(rows, n), np.ones((rows.size, 1))])
    equal = np.hstack([membership(equal_rows, n), np.zeros((equal_rows.size, 1))])
    result = linprog(
        np.append(np.zeros(n), 1.0),
        A_ub=-at_least,
        b_ub=-worth[rows],
        A_eq=equal,
        b_eq=equal_sums,
        bounds=[(None, None)] * (n + 1),
        method="highs",
    )
    if result.status != 0:
        raise RuntimeError(
            f"the linear program of the least core failed: {result.message}"
        )
    # Adding 0 turns minus 0, which the solver may return, into 0.
    variables = result.x + 0.0
    solution = LeastCore(float(variables[-1]), variables[:-1])
    return solution, -result.ineqlin.marginals


def first_rows(n: int) -> Ints:
    """Return the coalitions to start from: all for few players, else those of 1 and n - 1."""
    everyone = full(n)
    if n <= _ALL_ROWS_MAX:
        return np.arange(1, everyone)
    alone = player_bits(n)
    return np.unique(np.concatenate([alone, everyone - alone]))


def worst_rows(excess: Floats, bound: float, n: int) -> Ints:
    """Return the worst 4 n coalitions whose excess is above the bound."""
    # A few at a time: most constraints are never binding, and each makes the program slower.
    count = min(4 * n, excess.size - 1)
    worst = np.argpartition(-excess, count)[: 4 * n]
    return worst[excess[worst] > bound]
