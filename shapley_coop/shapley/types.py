"""Exact Shapley values of games whose players come in few types, by counting."""

from collections.abc import Callable, Iterator, Sequence
from math import prod

import numpy as np
from numpy.typing import ArrayLike, NDArray

from shapley_coop.shapley.tables import Floats
from shapley_coop.shapley.values import Exact

Counts = NDArray[np.int64]
TypeGame = Callable[[Counts], ArrayLike]

_LATTICE_MAX = 1 << 26
_BLOCK = 1 << 18


def exact_by_types(game: TypeGame, counts: Sequence[int]) -> Exact:
    """Return the Shapley value of one player of each type.

    `counts` says how many players each of the t types has. `game` takes an integer matrix
    (k coalitions x t: how many of each type are in) and returns k values. It is asked for
    every count vector once: ∏(counts + 1) values, up to 2^26, in blocks. `.values` has length
    t; `.values @ counts` is v(N) - v(∅).

    Raises:
        ValueError: counts are not positive, the lattice is too large, or a value is not
            finite or missing.
    """
    sizes = _checked(counts)
    n, order = int(sizes.sum()), np.argsort(sizes, kind="stable")  # the largest type runs last
    *rest, last = sizes[order].tolist()
    log_last, log_layers = _log_binomials(last), _log_binomials(n)
    run = np.arange(last + 1)
    totals = np.zeros(sizes.size)
    empty = grand = 0.0
    for rows in _rows(rest, max(_BLOCK // (last + 1), 1)):
        values = _ask(game, _points(rows, run, order)).reshape(len(rows), last + 1)
        size = rows.sum(axis=1)[:, None] + run
        log_share = _log_products(rows, rest)[:, None] + log_last - log_layers[size]
        weighed = np.exp(log_share.astype(np.float64)) * values
        outside = weighed / np.maximum(n - size, 1) * (size < n)
        both = weighed / np.maximum(size, 1) * (size > 0) + outside
        by_row = both.sum(axis=1)
        for t, count in enumerate(rest):
            totals[order[t]] += by_row @ rows[:, t] / count
        totals[order[-1]] += both.sum(axis=0) @ run / last
        totals -= outside.sum()
        empty = float(values[0, 0]) if not rows[0].any() else empty
        grand = float(values[-1, -1])
    # Large values cancel in these sums; what rounding left over is spread evenly over the players.
    totals += (grand - empty - float(totals @ sizes)) / n
    return Exact(totals, empty, grand)


def type_coefficients(counts: list[int]) -> tuple[Counts, Floats]:
    """Return all count vectors (k x t) and their weight in each type's Shapley value (t x k)."""
    n = sum(counts)
    points = next(_rows(counts, prod(c + 1 for c in counts)))
    size = points.sum(axis=1)
    log_share = _log_products(points, counts) - _log_binomials(n)[size]
    share = np.exp(log_share.astype(np.float64))
    inside = share / np.maximum(size, 1) * (size > 0)
    outside = share / np.maximum(n - size, 1) * (size < n)
    present = points / np.array(counts)
    return points, np.asarray((inside[:, None] * present - outside[:, None] * (1 - present)).T)


def _points(rows: Counts, run: Counts, order: Counts) -> Counts:
    """Return the count vectors of all rows times the run of the last type, types in place."""
    points = np.empty((len(rows), run.size, order.size), dtype=np.int64)
    points[:, :, order[:-1]] = rows[:, None, :]
    points[:, :, order[-1]] = run
    return points.reshape(-1, order.size)


def _log_products(rows: Counts, counts: list[int]) -> NDArray[np.longdouble]:
    total = np.zeros(len(rows), dtype=np.longdouble)
    for t, count in enumerate(counts):
        total += _log_binomials(count)[rows[:, t]]
    return total


def _checked(counts: Sequence[int]) -> Counts:
    sizes = np.asarray(counts, dtype=np.int64)
    if sizes.ndim != 1 or sizes.size == 0 or (sizes < 1).any():
        raise ValueError(f"each type needs at least one player; got counts {list(counts)}")
    lattice = prod(int(c) + 1 for c in sizes)
    if lattice > _LATTICE_MAX:
        raise ValueError(
            f"types with {sizes.tolist()} players have {lattice} count vectors; at most "
            f"{_LATTICE_MAX} are enumerated. Use weighted_voting() or airport() if the game "
            "is one, merge types, or estimate() it"
        )
    return sizes


def _rows(counts: list[int], block: int) -> Iterator[Counts]:
    """Yield all count vectors of these types in blocks: zeros first, all players last."""
    shape = tuple(count + 1 for count in counts)
    total = prod(shape)
    for start in range(0, total, block):
        index = np.arange(start, min(start + block, total))
        if shape:
            yield np.stack(np.unravel_index(index, shape), axis=1).astype(np.int64)
        else:
            yield np.zeros((1, 0), dtype=np.int64)


def _ask(game: TypeGame, points: Counts) -> Floats:
    values = np.asarray(game(points), dtype=np.float64)
    if values.shape != (len(points),):
        raise ValueError(
            f"the game returned shape {values.shape} for {len(points)} count vectors; "
            f"it must return shape ({len(points)},)"
        )
    bad = np.flatnonzero(~np.isfinite(values))
    if bad.size:
        raise ValueError(f"the value of counts {points[bad[0]].tolist()} is {values[bad[0]]}")
    return values


def _log_binomials(c: int) -> NDArray[np.longdouble]:
    """Return log C(c, k) for k = 0 … c, in extended precision where the machine has it."""
    logs = np.log(np.arange(1, c + 1, dtype=np.longdouble))
    factorial = np.concatenate([np.zeros(1, dtype=np.longdouble), np.cumsum(logs)])
    logs_of_binomials: NDArray[np.longdouble] = factorial[c] - factorial - factorial[::-1]
    return logs_of_binomials
