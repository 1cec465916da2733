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
    gains = np.abs(dividends(values))
    masks = np.flatnonzero(gains > tolerance * scale)
    groups = [1 << i for i in range(n)]
    for mask in np.unique(masks[coalition_sizes(n)[masks] > 1]).tolist():
        touched = [g for g in groups if g & mask]
        if len(touched) > 1:
            groups = [g for g in groups if not g & mask] + [sum(touched)]
        if len(groups) == 1:
            break
    return sorted(players(group) for group in groups)
