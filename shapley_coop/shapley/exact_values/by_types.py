"""Exact Shapley values of games whose players come in few types, by counting."""

from collections.abc import Callable, Sequence
from math import isfinite, prod
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shapley_coop.shapley.arrays import Counts, Floats, as_floats
from shapley_coop.shapley.coalitions import all_counts, count_blocks
from shapley_coop.shapley.exact_values.values import Exact
from shapley_coop.shapley.units import too_large

TypeGame = Callable[[Counts], ArrayLike]

LATTICE_MAX = 1 << 26
"""Count vectors that are enumerated, at most."""
# Values a step: their rows stay in a core's second-level cache.
_BLOCK = 1 << 16
# Weights that are kept for all rows at once; above, each block computes its own.
_TABLE_CELLS = 1 << 21


def exact_by_types(game: TypeGame, counts: Sequence[int]) -> Exact:
    """Return the Shapley value of one player of each type.

    `counts` says how many players each of the t types has. `game` takes an integer matrix
    (k coalitions x t: how many of each type are in) and returns k values. It is asked for
    every count vector once: ∏(counts + 1) values, up to 2^26, in blocks. `.values` has length
    t; `.values @ counts` is v(N) - v(∅).

    Raises:
        ValueError: counts are not positive, the lattice is too large, a value is not finite,
            missing or masked, or the result is too large for a float.
    """
    sizes = as_counts(counts)
    lattice = prod(int(size) + 1 for size in sizes)
    if lattice > LATTICE_MAX:
        raise ValueError(
            f"types with {sizes.tolist()} players have {lattice} count vectors; at most "
            f"{LATTICE_MAX} are enumerated. estimate_by_types() samples them; weighted_voting() or "
            "airport() is exact if the game is one"
        )
    n = int(sizes.sum())
    # The largest type runs last, since the weights of its whole run are computed at once.
    order = np.argsort(sizes, kind="stable")
    *rest, last = sizes[order].tolist()
    layers = _Layers(rest, last)
    run = np.arange(last + 1)
    totals = np.zeros(sizes.size)
    empty = grand = largest = 0.0
    for rows in count_blocks(rest, max(_BLOCK // (last + 1), 1)):
        points = _points(rows, run, order)
        values = ask_counts(game, points).reshape(len(rows), last + 1)
        # The lattice runs from nobody to everybody, so these two are its first and last value.
        if not rows[0].any():
            empty = float(values[0, 0])
        grand = float(values[-1, -1])
        largest = max(largest, float(np.abs(values).max()))
        # Sums that leave the range of floats are looked into below.
        with np.errstate(over="ignore", invalid="ignore"):
            # What all coalitions have in common would cancel in the end, and take digits with it.
            values = values - empty
            every, by_last, outside = layers.sums(rows, values)
            for t, count in enumerate(rest):
                totals[order[t]] += every @ rows[:, t] / count
            totals[order[-1]] += by_last.sum()
            totals -= outside.sum()
    # Large values cancel in these sums. What rounding left over is spread evenly.
    rounding = grand - empty - float(totals @ sizes)
    if not isfinite(rounding):
        raise too_large(largest, "value")
    return Exact(totals + rounding / n, empty, grand)


class _Layers:
    """The weights of count vectors, a row of the largest type at a time.

    A vector's share of its layer is C(last, k) · ∏ C(others) / C(n, size). All but the product
    depends on the row through its size alone, so rows of equal size share one weight vector.
    """

    def __init__(self, rest: list[int], last: int) -> None:
        self._rest, self._last = rest, last
        self._n = sum(rest) + last
        self._log_last = log_binomials(last)
        self._log_layers = log_binomials(self._n)
        self._table: _RowWeights | None = None
        sizes = np.arange(sum(rest) + 1)
        if sizes.size * (last + 1) <= _TABLE_CELLS:
            self._table = self._weights(sizes)

    def sums(self, rows: Counts, values: Floats) -> tuple[Floats, Floats, Floats]:
        """Return the sums of each row's weighed values: all, by share of the last type, outside."""
        size = rows.sum(axis=1)
        if self._table is None:
            weights = self._weights(size)
        else:
            weights = _RowWeights(*(column[size] for column in self._table))
        log_scale = _log_products(rows, self._rest) + weights.log_top
        scale = np.exp(log_scale.astype(np.float64))
        every = scale * np.einsum("rk,rk->r", values, weights.every)
        by_last = scale * np.einsum("rk,rk->r", values, weights.by_last)
        outside = scale * np.einsum("rk,rk->r", values, weights.outside)
        return every, by_last, outside

    def _weights(self, size: Counts) -> "_RowWeights":
        run = np.arange(self._last + 1)
        whole = size[:, None] + run
        # Binomials of thousands overflow, so they stay logarithms until the largest is divided out.
        logs = self._log_last - self._log_layers[whole]
        log_top = logs.max(axis=1)
        share = np.exp((logs - log_top[:, None]).astype(np.float64))
        outside = share / np.maximum(self._n - whole, 1) * (whole < self._n)
        every = share / np.maximum(whole, 1) * (whole > 0) + outside
        return _RowWeights(log_top, every, every * run / self._last, outside)


class _RowWeights(NamedTuple):
    """Weights of the count vectors of some rows, each divided by the largest of its row."""

    log_top: NDArray[np.longdouble]
    """The logarithm of each row's largest weight."""
    every: Floats
    """Of a vector, for the players inside it and against those outside."""
    by_last: Floats
    """The same for players of the last type alone."""
    outside: Floats
    """Against the players outside."""


def type_coefficients(counts: list[int]) -> tuple[Counts, Floats]:
    """Return all count vectors (k x t) and their weight in each type's Shapley value (t x k)."""
    n = sum(counts)
    points = all_counts(counts)
    size = points.sum(axis=1)
    log_share = _log_products(points, counts) - log_binomials(n)[size]
    share = np.exp(log_share.astype(np.float64))
    # A coalition speaks for its members by 1 / s and against the others by 1 / (n - s).
    inside = share / np.maximum(size, 1) * (size > 0)
    outside = share / np.maximum(n - size, 1) * (size < n)
    present = points / np.array(counts)
    weights = inside[:, None] * present - outside[:, None] * (1 - present)
    return points, np.asarray(weights.T)


def _points(rows: Counts, run: Counts, order: Counts) -> Counts:
    """Return the count vectors of all rows times the run of the last type, types in place.

    Each type's counts lie side by side in memory, as games read them.
    """
    points = np.empty((order.size, len(rows), run.size), dtype=np.int64)
    points[order[:-1]] = rows.T[:, :, None]
    points[order[-1]] = run
    return points.reshape(order.size, -1).T


def _log_products(rows: Counts, counts: list[int]) -> NDArray[np.longdouble]:
    """Return the log of ∏ C(counts[t], rows[k, t]) for each row k."""
    total = np.zeros(len(rows), dtype=np.longdouble)
    for t, count in enumerate(counts):
        total += log_binomials(count)[rows[:, t]]
    return total


def as_counts(counts: Sequence[int]) -> Counts:
    """Return how many players each type has as an array.

    Raises:
        ValueError: there is no type, or one without players, or a count is not whole.
    """
    array = np.asarray(counts)
    listed = array.ndim == 1 and array.size > 0
    whole = np.issubdtype(array.dtype, np.integer)
    if not listed or not whole or (array < 1).any():
        raise ValueError(
            f"each type needs at least one player, and whole ones; got counts {list(counts)}"
        )
    return array.astype(np.int64)


def ask_counts(game: TypeGame, points: Counts) -> Floats:
    """Return the values of count vectors (k x t).

    Raises:
        ValueError: the game returned another shape, or a value is not finite.
    """
    values = as_floats(game(points))
    if values.shape != (len(points),):
        raise ValueError(
            f"the game returned shape {values.shape} for {len(points)} count vectors; "
            f"it must return shape ({len(points)},)"
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(
            f"the value of counts {points[bad[0]].tolist()} is {values[bad[0]]}"
        )
    return values


def log_binomials(c: int) -> NDArray[np.longdouble]:
    """Return log C(c, k) for k = 0 … c, in extended precision where the machine has it."""
    logs = np.log(np.arange(1, c + 1, dtype=np.longdouble))
    zero = np.zeros(1, dtype=np.longdouble)
    factorials = np.concatenate([zero, np.cumsum(logs)])
    binomials: NDArray[np.longdouble] = factorials[c] - factorials - factorials[::-1]
    return binomials
