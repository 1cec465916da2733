"""The nucleolus of small games: the payoff that treats the worst-off coalitions best."""

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Bools, Floats, Ints
from shapley_coop.shapley.coalitions import all_coalitions, membership, subset_sums
from shapley_coop.shapley.excess_programs import (
    LeastCore,
    first_rows,
    minimise_excess,
    worst_rows,
)
from shapley_coop.shapley.tables import as_table, normalise, player_count

NUCLEOLUS_MAX = 16


def nucleolus(table: ArrayLike, *, tolerance: float = 1e-8) -> Floats:
    """Return the nucleolus (Schmeidler, 1969) of a game of n players, up to 16.

    Sequential linear programs: each lowers the largest excess that is still free, then the
    coalitions with a positive multiplier, tight in every solution, are fixed; at most n - 1
    rounds. Constraints are generated lazily beyond 10 players. Needs scipy.

    Raises:
        ValueError: more than 16 players; as `exact` for the table.
        RuntimeError: the solver failed.
    """
    worth, unit = normalise(as_table(table))
    n = player_count(worth)
    if n > NUCLEOLUS_MAX:
        raise ValueError(
            f"the nucleolus is computed for up to {NUCLEOLUS_MAX} players; this game has {n}. "
            "Use least_core"
        )
    if n < 2:
        return unit.restore(worth[1:])
    slack = unit.slack(worth, tolerance)
    # At first only the grand coalition's sum is fixed.
    fixed, sums = np.array([worth.size - 1]), worth[-1:]
    rows = first_rows(n)
    while True:
        free = _free_coalitions(fixed, n)
        stage_rows = rows[free[rows]]
        solution, tight = _solve_stage(worth, stage_rows, free, fixed, sums, slack)
        payoff_sums = subset_sums(solution.payoff)
        fixed, sums = _fix_tight(fixed, sums, tight, payoff_sums, n)
        # n independent sums leave one payoff.
        if fixed.size == n:
            return unit.restore(solution.payoff)


def _free_coalitions(fixed: Ints, n: int) -> Bools:
    """Say for every coalition whether the fixed sums leave its own sum open."""
    basis, _ = np.linalg.qr(membership(fixed, n).T)
    members = all_coalitions(n).astype(np.float64)
    # A coalition in the span of the fixed ones leaves no rest: its sum follows from theirs.
    rest = members - (members @ basis) @ basis.T
    free = np.square(rest).sum(axis=1) > 1e-9
    free[[0, -1]] = False
    return np.asarray(free)


def _solve_stage(
    worth: Floats, rows: Ints, free: Bools, fixed: Ints, sums: Floats, slack: float
) -> tuple[LeastCore, Ints]:
    """Solve one stage over all free coalitions.

    Returns its solution and the coalitions that are tight in every solution.
    """
    n = player_count(worth)
    if not rows.size:
        rows = np.flatnonzero(free)[: 4 * n]
    while True:
        solution, multipliers = minimise_excess(worth, rows, fixed, sums)
        excess = np.where(free, worth - subset_sums(solution.payoff), -np.inf)
        worst = worst_rows(excess, solution.epsilon + slack, n)
        added = np.setdiff1d(worst, rows)
        if added.size == 0:
            return solution, rows[multipliers > 1e-7]
        rows = np.union1d(rows, added)


def _fix_tight(
    fixed: Ints, sums: Floats, tight: Ints, payoff_sums: Floats, n: int
) -> tuple[Ints, Floats]:
    """Add the tight coalitions that are linearly independent of those fixed already."""
    rank = fixed.size
    for mask in tight.tolist():
        grown = np.append(fixed, mask)
        if np.linalg.matrix_rank(membership(grown, n)) > rank:
            fixed, rank = grown, rank + 1
            sums = np.append(sums, payoff_sums[mask])
    return fixed, sums
