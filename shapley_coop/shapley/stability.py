"""Would anyone leave: core, least core, objections, individual rationality, game properties."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import (
    membership,
    player_bits,
    players,
    subset_sums,
    table_indices,
)
from shapley_coop.shapley.tables import as_table, player_count, require_finite

_ALL_ROWS_MAX = (
    10  # up to this many players every coalition is a row of the linear program
)
_PAIRS_MAX = 12  # 3^12 disjoint pairs are checked one by one; above, pairs are sampled


class Objection(NamedTuple):
    """A coalition and what it could gain by leaving."""

    players: tuple[int, ...]
    excess: float
    """v(S) - v(empty) - the payoffs of S; positive where leaving pays."""


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """How a payoff stands against every coalition."""

    efficient: bool
    individually_rational: bool
    in_core: bool
    objections: list[Objection]
    """The coalitions that gain most by leaving, largest first; only positive excesses."""
    largest_excess: float
    """Over all coalitions but the empty and the grand; 0 with fewer than two players."""


class LeastCore(NamedTuple):
    """The smallest tax on leaving that makes some payoff stable, and such a payoff."""

    epsilon: float
    """At most 0 exactly where the core is not empty."""
    payoff: Floats


class Violation(NamedTuple):
    """Whether a property holds, how it was checked, and a counterexample."""

    holds: bool
    exact: bool
    """False where disjoint pairs were sampled: then `holds` means none was found."""
    example: tuple[tuple[int, ...], tuple[int, ...]] | None
    """Two coalitions that break it."""


def check(
    table: ArrayLike, payoff: ArrayLike, *, top: int = 5, tolerance: float = 1e-9
) -> Stability:
    """Compare a payoff (length n) with what every coalition gets alone. O(2^n).

    `tolerance` is relative to the largest |v|.

    Raises:
        ValueError: the payoff has another length or is not finite; as `exact` for the table.
    """
    worth = _zeroed(table)
    x = _checked_payoff(payoff, player_count(worth))
    slack = tolerance * max(float(np.abs(worth).max()), 1e-300)
    excess = worth - subset_sums(x)
    efficient = abs(excess[-1]) <= slack
    inner = excess[1:-1]
    order = np.argsort(-inner, kind="stable")[:top] + 1
    objections = [
        Objection(tuple(players(mask)), float(excess[mask]))
        for mask in order.tolist()
        if excess[mask] > slack
    ]
    largest = float(inner.max()) if inner.size else 0.0
    alone = excess[player_bits(x.size)]
    return Stability(
        efficient=bool(efficient),
        individually_rational=bool((alone <= slack).all()),
        in_core=bool(efficient and largest <= slack),
        objections=objections,
        largest_excess=largest,
    )


def strongest_objection(table: ArrayLike, payoff: ArrayLike) -> Objection:
    """Return the coalition with the largest v(S) - x(S), the empty one left out. O(2^n).

    The grand coalition is among them: it objects to payoffs that sum to less than v(N). Other
    than in `check`, v(empty) is not subtracted, since a payoff here is all that a player holds.

    Raises:
        ValueError: as `check`, and where there is no player.
    """
    worth = as_table(table)
    require_finite(worth)
    n = player_count(worth)
    if n < 1:
        raise ValueError("a game without players has no coalition that could object")
    excess = worth - subset_sums(_checked_payoff(payoff, n))
    strongest = 1 + int(np.argmax(excess[1:]))
    return Objection(tuple(players(strongest)), float(excess[strongest]))


def least_core(table: ArrayLike, *, tolerance: float = 1e-9) -> LeastCore:
    """Return the least core (Maschler, Peleg & Shapley, 1979) by linear programming (HiGHS).

    Beyond 10 players, only the coalitions that object most are made constraints, in rounds,
    until none objects: exact, and far smaller programs. Needs scipy.

    Raises:
        ValueError: as `exact` for the table.
        RuntimeError: the solver failed.
    """
    worth = _zeroed(table)
    n = player_count(worth)
    if n < 2:
        return LeastCore(0.0, worth[1:].copy())
    rows = initial_rows(n)
    slack = tolerance * max(float(np.abs(worth).max()), 1.0)
    while True:
        found, _ = solve_excess(worth, rows, np.array([worth.size - 1]), worth[-1:])
        excess = worth - subset_sums(found.payoff)
        excess[[0, -1]] = -np.inf
        worst = excess.max() - found.epsilon
        if worst <= slack or rows.size == worth.size - 2:
            return found
        rows = np.union1d(rows, violated(excess, found.epsilon + slack, n))


def solve_excess(
    worth: Floats, rows: Ints, fixed: Ints, fixed_sums: Floats
) -> tuple[LeastCore, Floats]:
    """Minimise epsilon with x(S) + epsilon >= v(S) on `rows` and x(S) given on `fixed`.

    Returns the solution and the multiplier of each row.
    """
    from scipy.optimize import linprog

    n = player_count(worth)
    member = membership(rows, n)
    result = linprog(
        np.r_[np.zeros(n), 1.0],
        A_ub=-np.hstack([member, np.ones((rows.size, 1))]),
        b_ub=-worth[rows],
        A_eq=np.hstack([membership(fixed, n), np.zeros((fixed.size, 1))]),
        b_eq=fixed_sums,
        bounds=[(None, None)] * (n + 1),
        method="highs",
    )
    if result.status != 0:
        raise RuntimeError(
            f"the linear program of the least core failed: {result.message}"
        )
    return LeastCore(float(result.x[-1]), result.x[:-1]), -result.ineqlin.marginals


def initial_rows(n: int) -> Ints:
    """Return the coalitions to start from: all for few players, else those of 1 and n - 1."""
    if n <= _ALL_ROWS_MAX:
        return np.arange(1, (1 << n) - 1)
    alone = player_bits(n)
    return np.unique(np.concatenate([alone, (1 << n) - 1 - alone]))


def violated(excess: Floats, bound: float, n: int) -> Ints:
    """Return the indices of the worst 4 n coalitions whose excess is above the bound."""
    worst = np.argpartition(-excess, min(4 * n, excess.size - 1))[: 4 * n]
    return worst[excess[worst] > bound]


def superadditive(
    table: ArrayLike, *, samples: int = 200_000, rng: np.random.Generator | None = None
) -> Violation:
    """Check v(S) + v(T) <= v(S + T) + v(empty) for disjoint S and T: all 3^n pairs up to n = 12.

    Above, `samples` random pairs are drawn from `rng` (required there).

    Raises:
        ValueError: more than 12 players and no generator; as `exact` for the table.
    """
    worth = _zeroed(table)
    n = player_count(worth)
    slack = 1e-9 * max(float(np.abs(worth).max()), 1e-300)
    if n > _PAIRS_MAX:
        if rng is None:
            raise ValueError(
                f"{n} players have 3^{n} disjoint pairs; pass rng to sample them"
            )
        side = rng.integers(0, 3, (samples, n))
        one, two = table_indices(side == 1), table_indices(side == 2)
        return _first_break(worth, one, two, slack, exact=False)
    for mask in range(1, worth.size):
        outside = players(worth.size - 1 - mask)
        rest = subset_sums(player_bits(n)[outside])[:0:-1]
        found = _first_break(worth, np.full_like(rest, mask), rest, slack, exact=True)
        if not found.holds:
            return found
    return Violation(holds=True, exact=True, example=None)


def convex(table: ArrayLike) -> Violation:
    """Check that joining pays more the larger the coalition (Shapley, 1971), for every pair.

    v(S + ij) - v(S + i) - v(S + j) + v(S) >= 0 for all S, i, j: O(n^2 2^n), exact.

    Raises:
        ValueError: as `exact`.
    """
    worth = _zeroed(table)
    n = player_count(worth)
    slack = 1e-9 * max(float(np.abs(worth).max()), 1e-300)
    for j in range(n):
        for i in range(j):
            cube = worth.reshape(-1, 2, 1 << (j - i - 1), 2, 1 << i)
            joint = (
                cube[:, 1, :, 1]
                - cube[:, 1, :, 0]
                - cube[:, 0, :, 1]
                + cube[:, 0, :, 0]
            )
            if joint.min() < -slack:
                high, middle, low = np.unravel_index(int(joint.argmin()), joint.shape)
                rest = int(high) << (j + 1) | int(middle) << (i + 1) | int(low)
                pair = tuple(players(rest | 1 << i)), tuple(players(rest | 1 << j))
                return Violation(holds=False, exact=True, example=pair)
    return Violation(holds=True, exact=True, example=None)


def _zeroed(table: ArrayLike) -> Floats:
    values = as_table(table)
    require_finite(values)
    worth: Floats = values - values[0]
    return worth


def _checked_payoff(payoff: ArrayLike, n: int) -> Floats:
    x = np.asarray(payoff, dtype=np.float64)
    if x.shape != (n,) or not np.isfinite(x).all():
        raise ValueError(
            f"a payoff for {n} players has {n} finite numbers; got {payoff!r}"
        )
    return x


def _first_break(
    worth: Floats, one: Ints, two: Ints, slack: float, *, exact: bool
) -> Violation:
    lacking = worth[one] + worth[two] - worth[one | two]
    if lacking.size and lacking.max() > slack:
        worst = int(lacking.argmax())
        pair = tuple(players(int(one[worst]))), tuple(players(int(two[worst])))
        return Violation(holds=False, exact=exact, example=pair)
    return Violation(holds=True, exact=exact, example=None)
