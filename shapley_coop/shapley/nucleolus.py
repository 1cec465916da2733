"""The nucleolus of small games: the payoff that treats the worst-off coalitions best."""

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import all_coalitions, membership, subset_sums
from shapley_coop.shapley.stability import (
    LeastCore,
    initial_rows,
    solve_excess,
    violated,
)
from shapley_coop.shapley.tables import as_table, player_count, require_finite

NUCLEOLUS_MAX = 16


def nucleolus(table: ArrayLike, *, tolerance: float = 1e-8) -> Floats:
    """Return the nucleolus (Schmeidler, 1969) of a game of up to 16 players; length n.

    Sequential linear programs: each lowers the largest excess that is still free, then the
    coalitions with a positive multiplier, tight in every solution, are fixed; at most n - 1
    rounds. Constraints are generated lazily beyond 10 players. Needs scipy.

    Raises:
        ValueError: more than 16 players; as `exact` for the table.
        RuntimeError: the solver failed.
    """
    values = as_table(table)
    require_finite(values)
    n = player_count(values)
    if n > NUCLEOLUS_MAX:
        raise ValueError(
            f"the nucleolus is computed for up to {NUCLEOLUS_MAX} players; this game has {n}. "
            "Use least_core"
        )
    worth: Floats = values - values[0]
    if n < 2:
        return worth[1:].copy()
    slack = tolerance * max(float(np.abs(worth).max()), 1.0)
    fixed, sums = np.array([worth.size - 1]), worth[-1:]
    rows = initial_rows(n)
    while True:
        free = _free(fixed, n)
        found, tight = _settle(worth, rows[free[rows]], free, fixed, sums, slack)
        fixed, sums = _independent(fixed, sums, tight, subset_sums(found.payoff), n)
        if fixed.size == n:
            return np.asarray(found.payoff)


def _free(fixed: Ints, n: int) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Say for every coalition whether the fixed sums leave its own sum open."""
    basis, _ = np.linalg.qr(membership(fixed, n).T)
    member = all_coalitions(n).astype(np.float64)
    rest = member - (member @ basis) @ basis.T
    free = np.square(rest).sum(axis=1) > 1e-9
    free[[0, -1]] = False
    return np.asarray(free)


def _settle(
    worth: Floats,
    rows: Ints,
    free: "np.ndarray[tuple[int], np.dtype[np.bool_]]",
    fixed: Ints,
    sums: Floats,
    slack: float,
) -> tuple[LeastCore, Ints]:
    """Solve one stage over all free coalitions; return the coalitions tight in every solution."""
    n = player_count(worth)
    rows = rows if rows.size else np.flatnonzero(free)[: 4 * n]
    while True:
        found, multipliers = solve_excess(worth, rows, fixed, sums)
        excess = np.where(free, worth - subset_sums(found.payoff), -np.inf)
        added = np.setdiff1d(violated(excess, found.epsilon + slack, n), rows)
        if added.size == 0:
            return found, rows[multipliers > 1e-7]
        rows = np.union1d(rows, added)


def _independent(
    fixed: Ints, sums: Floats, tight: Ints, payoff_sums: Floats, n: int
) -> tuple[Ints, Floats]:
    """Add the tight coalitions that are linearly independent of those fixed already."""
    rank = fixed.size
    for mask in tight.tolist():
        grown = np.append(fixed, mask)
        if np.linalg.matrix_rank(membership(grown, n)) > rank:
            fixed, sums, rank = grown, np.append(sums, payoff_sums[mask]), rank + 1
    return fixed, sums
