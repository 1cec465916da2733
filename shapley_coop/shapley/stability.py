"""Would anyone leave: core, least core, objections, individual rationality, game properties."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats, Ints, as_floats
from shapley_coop.shapley.coalitions import (
    player_bits,
    players,
    subset_sums,
    table_indices,
)
from shapley_coop.shapley.excess_programs import (
    LeastCore,
    first_rows,
    minimise_excess,
    worst_rows,
)
from shapley_coop.shapley.tables import (
    as_table,
    normalise,
    player_count,
    require_finite,
)
from shapley_coop.shapley.units import unit_of

# Up to this many players all 3^n disjoint pairs are checked, above a sample of them.
_PAIRS_MAX = 12
# Relative to the largest |v(S) - v(empty)|: what is closer than this is called equal.
_TOLERANCE = 1e-9

Pair = tuple[tuple[int, ...], tuple[int, ...]]
"""Two coalitions, each as its players."""


class Objection(NamedTuple):
    """A coalition and what it could gain by leaving."""

    players: tuple[int, ...]
    excess: float
    """What S gets alone minus the payoffs of S, positive where leaving pays."""


@dataclass(frozen=True, slots=True, eq=False)
class Stability:
    """How a payoff stands against every coalition."""

    efficient: bool
    individually_rational: bool
    in_core: bool
    objections: list[Objection]
    """The coalitions that gain most by leaving, largest first. Others gain nothing."""
    largest_excess: float
    """Over all coalitions but the empty and the grand, and 0 with fewer than two players."""


class Violation(NamedTuple):
    """Whether a property holds, how it was checked, and a counterexample."""

    holds: bool
    exact: bool
    """False where disjoint pairs were sampled. Then `holds` means that none broke it."""
    example: Pair | None
    """Two coalitions that break it."""


def check(
    table: ArrayLike,
    payoff: ArrayLike,
    *,
    top: int = 5,
    tolerance: float = _TOLERANCE,
) -> Stability:
    """Compare a payoff (length n) with what every coalition gets alone. O(2^n).

    `tolerance` is relative to the largest |v(S) - v(empty)|. What numbers as large as those given
    differ by for their own rounding is never an objection.

    Raises:
        ValueError: the payoff has another length or is not finite, or an objection is too large
            for a float; as `exact` for the table.
    """
    worth, unit = normalise(as_table(table))
    payoffs = unit.scale(_as_payoff(payoff, player_count(worth)))
    slack = unit.slack(worth, tolerance) + _sum_rounding(payoffs)
    excess = worth - subset_sums(payoffs)
    efficient = bool(abs(excess[-1]) <= slack)
    # The ends aside: nobody gains nothing, and everybody cannot leave.
    inner = excess[1:-1]
    largest = float(inner.max()) if inner.size else 0.0
    alone = excess[player_bits(payoffs.size)]
    worst = 1 + np.argsort(-inner, kind="stable")[:top]
    objectors = worst[excess[worst] > slack]
    gains = unit.restore(excess[objectors]).tolist()
    objections = []
    for mask, gain in zip(objectors.tolist(), gains, strict=True):
        objections.append(Objection(tuple(players(mask)), gain))
    return Stability(
        efficient=efficient,
        individually_rational=bool((alone <= slack).all()),
        in_core=bool(efficient and largest <= slack),
        objections=objections,
        largest_excess=unit.restore_one(largest),
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
    payoffs = _as_payoff(payoff, n)
    # No origin is taken out here, so a unit is all that is left to choose.
    unit = unit_of(np.append(worth, payoffs), 0.0)
    excess = unit.normalise(worth) - subset_sums(unit.normalise(payoffs))
    mask = 1 + int(np.argmax(excess[1:]))
    return Objection(tuple(players(mask)), unit.restore_one(float(excess[mask])))


def least_core(table: ArrayLike, *, tolerance: float = _TOLERANCE) -> LeastCore:
    """Return the least core (Maschler, Peleg & Shapley, 1979) by linear programming (HiGHS).

    Beyond 10 players, only the coalitions that object most are made constraints, in rounds,
    until none objects: exact, and far smaller programs. Needs scipy.

    Raises:
        ValueError: as `exact` for the table.
        RuntimeError: the solver failed.
    """
    worth, unit = normalise(as_table(table))
    n = player_count(worth)
    if n < 2:
        return LeastCore(0.0, unit.restore(worth[1:]))
    rows = first_rows(n)
    slack = unit.slack(worth, tolerance)
    everyone = np.array([worth.size - 1])
    while True:
        solution, _ = minimise_excess(worth, rows, everyone, worth[-1:])
        excess = worth - subset_sums(solution.payoff)
        excess[[0, -1]] = -np.inf
        # A solution for some rows is one for all where no other coalition objects more.
        worst = excess.max() - solution.epsilon
        if worst <= slack or rows.size == worth.size - 2:
            epsilon = unit.restore_one(solution.epsilon)
            return LeastCore(epsilon, unit.restore(solution.payoff))
        added = worst_rows(excess, solution.epsilon + slack, n)
        rows = np.union1d(rows, added)


def superadditive(
    table: ArrayLike, *, samples: int = 200_000, rng: np.random.Generator | None = None
) -> Violation:
    """Check v(S) + v(T) <= v(S + T) + v(empty) for disjoint S and T: all 3^n pairs up to n = 12.

    Above, `samples` random pairs are drawn from `rng` (required there).

    Raises:
        ValueError: more than 12 players and no generator; as `exact` for the table.
    """
    worth, unit = normalise(as_table(table))
    n = player_count(worth)
    slack = unit.slack(worth, _TOLERANCE)
    if n > _PAIRS_MAX:
        if rng is None:
            raise ValueError(
                f"{n} players have 3^{n} disjoint pairs; pass rng to sample them"
            )
        # Each player is in the first coalition, in the second or in neither.
        side = rng.integers(0, 3, (samples, n))
        one, two = table_indices(side == 1), table_indices(side == 2)
        pair = _breaking_pair(worth, one, two, slack)
        return Violation(pair is None, exact=False, example=pair)
    bits = player_bits(n)
    for mask in range(1, worth.size):
        outside = players(worth.size - 1 - mask)
        # All coalitions of the others but the empty one, the largest first.
        others = subset_sums(bits[outside])[:0:-1]
        pair = _breaking_pair(worth, np.full_like(others, mask), others, slack)
        if pair is not None:
            return Violation(holds=False, exact=True, example=pair)
    return Violation(holds=True, exact=True, example=None)


def convex(table: ArrayLike) -> Violation:
    """Check that joining pays more the larger the coalition (Shapley, 1971), for every pair.

    v(S + ij) - v(S + i) - v(S + j) + v(S) >= 0 for all S, i, j: O(n^2 2^n), exact.

    Raises:
        ValueError: as `exact`.
    """
    worth, unit = normalise(as_table(table))
    n = player_count(worth)
    slack = unit.slack(worth, _TOLERANCE)
    for j in range(n):
        for i in range(j):
            # Axes 1 and 3 say whether j and i are in, the others who else is.
            cube = worth.reshape(-1, 2, 1 << (j - i - 1), 2, 1 << i)
            gain_with_j = cube[:, 1, :, 1] - cube[:, 1, :, 0]
            joint = gain_with_j - cube[:, 0, :, 1] + cube[:, 0, :, 0]
            if joint.min() < -slack:
                place = np.unravel_index(int(joint.argmin()), joint.shape)
                high, middle, low = (int(part) for part in place)
                rest = high << (j + 1) | middle << (i + 1) | low
                with_i, with_j = players(rest | 1 << i), players(rest | 1 << j)
                pair = tuple(with_i), tuple(with_j)
                return Violation(holds=False, exact=True, example=pair)
    return Violation(holds=True, exact=True, example=None)


def _sum_rounding(payoffs: Floats) -> float:
    """Return what sums of payoffs may be off by for rounding."""
    return float(np.finfo(np.float64).eps) * payoffs.size * float(np.abs(payoffs).sum())


def _as_payoff(payoff: ArrayLike, n: int) -> Floats:
    array = as_floats(payoff)
    if array.shape != (n,) or not np.isfinite(array).all():
        raise ValueError(
            f"a payoff for {n} players has {n} finite numbers; got {payoff!r}"
        )
    return array


def _breaking_pair(worth: Floats, one: Ints, two: Ints, slack: float) -> Pair | None:
    """Return the disjoint pair that loses most by joining, None where no pair loses."""
    lost = worth[one] + worth[two] - worth[one | two]
    if not lost.size or lost.max() <= slack:
        return None
    worst = int(lost.argmax())
    first, second = players(int(one[worst])), players(int(two[worst]))
    return tuple(first), tuple(second)
