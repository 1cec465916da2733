"""Owen values: players come in unions agreed beforehand (vendors, sub-teams)."""

from collections.abc import Sequence
from functools import partial
from itertools import chain

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import (
    coalition_sizes,
    mask_of,
    player_bits,
    subset_sums,
)
from shapley_coop.shapley.exact_values.values import (
    Exact,
    semivalues,
    shapley_weights,
)
from shapley_coop.shapley.tables import (
    as_table,
    linear_result,
    player_count,
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
    groups = [list(union) for union in unions if len(union)]
    shares = linear_result(partial(_shares, groups=groups), values)
    return Exact(shares, float(values[0]), float(values[-1]), "owen")


def _shares(values: Floats, groups: list[list[int]]) -> Floats:
    """Return each player's share, with the players of each union in a group."""
    n = player_count(values)
    shares = np.zeros(n)
    masks = np.array([mask_of(group) for group in groups], dtype=np.intp)
    for g, members in enumerate(groups):
        # Which unions came before, and which of its own members, as masks of players.
        others = subset_sums(np.delete(masks, g))
        own = subset_sums(player_bits(n)[members])
        weights = shapley_weights(len(groups))[coalition_sizes(len(groups) - 1)]
        # Linear in v: the inner game is the weighted mean of v(others before + own).
        inner = np.zeros(own.size)
        for before, weight in zip(others.tolist(), weights.tolist(), strict=True):
            inner += weight * (values[before | own] - values[before])
        shares[members] = semivalues(inner, shapley_weights(len(members)))
    return shares
