"""Harsanyi dividends: the Möbius transform of a table, its inverse, and the parts it reveals."""

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import coalition_sizes, players
from shapley_coop.shapley.tables import (
    as_table,
    player_count,
    require_finite,
)


def dividends(table: ArrayLike) -> Floats:
    """Return the Harsanyi dividend of every coalition (Harsanyi, 1963): 2^n values.

    d(S) = sum over T in S of (-1)^(|S|-|T|) v(T), by the fast Möbius transform: O(n 2^n) time,
    a second table of memory.

    Raises:
        ValueError: the length is no power of two, or a value is not finite.
    """
    return _butterfly(table, -1.0)


def from_dividends(dividends: ArrayLike) -> Floats:
    """Return the table whose dividends these are: v(S) = sum of d(T) over T in S."""
    return _butterfly(dividends, 1.0)


def _butterfly(table: ArrayLike, sign: float) -> Floats:
    values = as_table(table).copy()
    require_finite(values)
    # A bit at a time, every coalition with this player takes from, or adds, its own rest.
    for bit in range(player_count(values)):
        pairs = values.reshape(-1, 2, 1 << bit)
        pairs[:, 1] += sign * pairs[:, 0]
    return values


def additive_parts(table: ArrayLike, tolerance: float = 1e-9) -> list[list[int]]:
    """Return the finest split of the players into groups that do not interact.

    Two players are in one group when a chain of coalitions with a dividend larger than
    `tolerance` times the largest |v| connects them, so v is the sum of its groups' games.
    O(n 2^n) time.

    Raises:
        ValueError: as `dividends`.
    """
    values = as_table(table)
    n = player_count(values)
    scale = float(np.abs(values).max())
    interacting = np.abs(dividends(values)) > tolerance * scale
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
