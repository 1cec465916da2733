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
    every count vector once: ∏(counts + 1) values, up to 2^26 (512 MB), in blocks. `.values` has
    length t; `.values @ counts` is v(N) - v(∅). With x the counts of a coalition of s players,
    φ_t = Σ_x ∏C(c, x)/C(n, s) · (1 - x_t/c_t)/(n - s) · (v(x + e_t) - v(x)): weights that are
    never negative times marginal gains, so little is lost to rounding however large v is.

    Raises:
        ValueError: counts are not positive, the lattice is too large, or a value is not
            finite or missing.
    """
    sizes = _checked(counts)
    n = int(sizes.sum())
    log_binomials = [_log_binomials(int(c)) for c in sizes]
    log_layers = _log_binomials(n)
    totals = np.zeros(sizes.size)
    values = np.concatenate([_ask(game, points) for points in _lattice(sizes)])
    start = 0
    for points in _lattice(sizes):
        s = points.sum(axis=1)
        log_share = sum(lb[points[:, t]] for t, lb in enumerate(log_binomials)) - log_layers[s]
        weights = np.exp(log_share.astype(np.float64)) / np.maximum(n - s, 1)
        here = np.arange(start, start + len(points))
        for t, c in enumerate(sizes):
            absent = 1.0 - points[:, t] / c
            joined = np.minimum(here + prod(sizes[t + 1 :] + 1), len(values) - 1)
            totals[t] += (weights * absent) @ (values[joined] - values[here])
        start += len(points)
    return Exact(totals, float(values[0]), float(values[-1]))


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


def _lattice(sizes: Counts) -> Iterator[Counts]:
    """Yield all count vectors in blocks, the last type fastest: (0, …, 0) first, `sizes` last."""
    shape = tuple(int(c) + 1 for c in sizes)
    total = prod(shape)
    for start in range(0, total, _BLOCK):
        index = np.arange(start, min(start + _BLOCK, total))
        yield np.stack(np.unravel_index(index, shape), axis=1).astype(np.int64)


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
