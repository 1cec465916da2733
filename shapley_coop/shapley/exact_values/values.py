"""Exact semivalues from a full table, and the record that holds them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.exact_values.semivalues import Index, weights_of
from shapley_coop.shapley.tables import as_table, player_count, require_finite, weigh


@dataclass(frozen=True, slots=True, eq=False)
class Exact:
    """A value per player, computed exactly."""

    values: Floats
    """Length n, in the unit of the table."""
    empty: float
    """v(∅)."""
    grand: float
    """v(N)."""
    index: str = "shapley"
    """Which semivalue."""

    @property
    def residual(self) -> float:
        """Σ values - (v(N) - v(∅)): rounding error for Shapley, real for other indices."""
        return float(self.values.sum()) - (self.grand - self.empty)


def exact(table: ArrayLike, index: Index = "shapley") -> Exact:
    """Return the Shapley value, or another semivalue, of a game given as a table.

    `table` has 2^n values; bit i of the index is player i. O(2^n) time, n up to 24 or so in
    memory; above, pass `open_table(path)`. With w the weights of the index, φ_i is
    Σ_{S∋i} (w(s-1) + w(s)) v(S) - Σ_{S≠N} w(s) v(S), so one pass serves all players.

    Raises:
        ValueError: the length is no power of two, a value is not finite, the index is unknown.
    """
    values = as_table(table)
    n = player_count(values)
    name, weights = weights_of(index, n)
    ends = float(values[0]), float(values[-1])
    if n == 0:
        require_finite(values)
        return Exact(np.zeros(0), *ends, name)
    padded = np.concatenate([[0.0], weights, [0.0]])
    moments = weigh(values, padded[:-1] + padded[1:])
    return Exact(moments.members - float(weights @ moments.layers[:-1]), *ends, name)


def banzhaf(table: ArrayLike) -> Exact:
    """Return the Banzhaf value: the mean marginal contribution over all coalitions."""
    return exact(table, "banzhaf")


def leave_one_out(table: ArrayLike) -> Exact:
    """Return v(N) - v(N - i) for each player."""
    return exact(table, "leave-one-out")
