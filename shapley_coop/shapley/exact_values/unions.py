"""Owen values: players come in unions agreed beforehand (vendors, sub-teams)."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Ints
from shapley_coop.shapley.exact_values.semivalues import shapley_weights
from shapley_coop.shapley.exact_values.values import Exact, exact
from shapley_coop.shapley.tables import (
    as_table,
    player_count,
    popcounts,
    require_finite,
)


def owen(table: ArrayLike, unions: Sequence[Sequence[int]]) -> Exact:
    """Return the Owen value of a game with a coalition structure (Owen, 1977).

    `unions` splits players 0 … n - 1. The unions enter in every order equally likely, and so do
    the members within a union. For each union the game is averaged over which other unions came
    before (with Shapley's weights), which leaves a table over its own members:
    O(2^(unions) · sum of 2^(members)) time.

    Raises:
        ValueError: the unions do not hold every player exactly once; as `exact` for the table.
    """
    values = as_table(table)
    require_finite(values)
    n = player_count(values)
    if sorted(chain.from_iterable(unions)) != list(range(n)):
        raise ValueError(
            f"unions must hold each of the players 0 to {n - 1} exactly once; got "
            f"{[list(u) for u in unions]}"
        )
    groups = [list(u) for u in unions if len(u)]
    found = np.zeros(n)
    masks = [sum(1 << i for i in g) for g in groups]
    for g, members in enumerate(groups):
        others = _subset_sums(masks[:g] + masks[g + 1 :])
        own = _subset_sums([1 << i for i in members])
        weights = shapley_weights(len(groups))[popcounts(len(groups) - 1)]
        # Linear in v: the inner game is the weighted mean of v(others before + own).
        inner = np.zeros(own.size)
        for before, weight in zip(others.tolist(), weights.tolist(), strict=True):
            inner += weight * (values[before | own] - values[before])
        found[members] = exact(inner).values
    return Exact(found, float(values[0]), float(values[-1]), "owen")


def _subset_sums(masks: Sequence[int]) -> Ints:
    """Return the union of every subset of disjoint masks, subset bits in order."""
    sums = np.zeros(1, dtype=np.intp)
    for mask in masks:
        sums = np.concatenate([sums, sums + mask])
    return sums
