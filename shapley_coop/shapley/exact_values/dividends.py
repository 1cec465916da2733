"""Harsanyi dividends: the Möbius transform of a table, its inverse, and the parts it reveals."""

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import coalition_sizes, players
from shapley_coop.shapley.tables import (
    as_table,
    linear_result,
    normalise,
    player_count,
    require_finite,
)
from shapley_coop.shapley.units import too_large


def dividends(table: ArrayLike) -> Floats:
    """Return the Harsanyi dividend of every coalition (Harsanyi, 1963): 2^n values.

    d(S) = sum over T in S of (-1)^(|S|-|T|) v(T), by the fast Möbius transform: O(n 2^n) time,
    a second table of memory.

    Raises:
        ValueError: the length is no power of two, a value is not finite or masked, or a dividend
            is too large for a float.
    """
    values = as_table(table)
    # v(empty) is its own dividend and cancels in all others, of which it would take digits.
    transformed = linear_result(_signed_sums, values)
    transformed[0] = values[0]
    return transformed


def from_dividends(dividends: ArrayLike) -> Floats:
    """Return the table whose dividends these are: v(S) = sum of d(T) over T in S.

    Raises:
        ValueError: as `dividends`.
    """
    values = as_table(dividends)
    require_finite(values)
    empty = values[0]
    with np.errstate(over="ignore"):
        table = _butterfly(values, 1.0) + empty
    if not np.isfinite(table).all():
        largest = float(values[np.abs(values).argmax()])
        raise too_large(largest, "dividend")
    return np.asarray(table)


def _signed_sums(values: Floats) -> Floats:
    return _butterfly(values - values[0], -1.0)


def _butterfly(values: Floats, sign: float) -> Floats:
    """Return the transform of a table whose value of nobody is taken to be 0."""
    sums = values.copy()
    sums[0] = 0.0
    # A bit at a time, every coalition with this player takes from, or adds, its own rest.
    for bit in range(player_count(values)):
        pairs = sums.reshape(-1, 2, 1 << bit)
        pairs[:, 1] += sign * pairs[:, 0]
    return sums


def additive_parts(table: ArrayLike, tolerance: float = 1e-9) -> list[list[int]]:
    """Return the finest split of the players into groups that do not interact.

    Two players are in one group when a chain of coalitions with a dividend larger than
    `tolerance` times the largest |v(S) - v(empty)| connects them, so v is the sum of its groups'
    games. O(n 2^n) time.

    Raises:
        ValueError: as `dividends`.
    """
    values, unit = normalise(as_table(table))
    n = player_count(values)
    largest = float(np.abs(values).max())
    # A dividend is a sum of 2^|S| values, each of which was rounded when it was given.
    sums = np.ldexp(1.0, coalition_sizes(n))
    slack = tolerance * largest + unit.rounding * np.sqrt(sums)
    interacting = np.abs(_signed_sums(values)) > slack
    several = coalition_sizes(n) > 1
    # Every coalition that interacts melts the groups that it touches into one.
    groups = [1 << i for i in range(n)]
    for mask in np.flatnonzero(interacting & several).tolist():
        if len(groups) == 1:
            break
        touching = [group for group in groups if group & mask]
        if len(touching) > 1:
            apart = [group for group in groups if not group & mask]
            groups = [*apart, sum(touching)]
    return sorted(players(group) for group in groups)
