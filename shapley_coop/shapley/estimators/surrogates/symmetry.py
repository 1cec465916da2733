"""Recognising players of few types from evaluations, and the value of such a game."""

from math import prod
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.exact_values.by_types import type_coefficients

_TYPES_MAX = 3
_LATTICE_MAX = 4000
_COINCIDENCES_MIN = (
    12  # coalitions of equal counts that could have told the types apart
)
_VALUES_MIN = 2
_DEALS = 5
_ROUNDING = 1e-9
_LENGTHS = (0.15, 0.3, 0.6, 1.2, 2.4)
_NUGGET = 1e-8


class Typed(NamedTuple):
    """The value of a game whose players come in few types."""

    values: Floats
    stderr: Floats
    counts: list[int]
    """Players of each type."""


def typed_value(
    data: Evaluations, guess: Floats, rng: np.random.Generator
) -> Typed | None:
    """Return the values if v depends only on how many of each type are in, else None.

    Types are proposed by equal v({i}) and v(N - i), and by clusters of the guessed values; a
    proposal is kept only where all evaluated coalitions of equal counts, twelve at the least
    beyond the first of each, have equal values, and where players dealt to the types at random
    would not pass. Two-valued games are left to the weighted vote: there, most coalitions agree
    under any types. Counts never seen are interpolated by a process.
    """
    masks = list(data)
    present = to_matrix(masks, data.n)
    v = np.array([data[mask] for mask in masks])
    if np.unique(v).size <= _VALUES_MIN:
        return None
    for kinds in _proposals(data, guess):
        counts = np.bincount(kinds)
        if prod(int(c) + 1 for c in counts) > _LATTICE_MAX:
            continue
        indicator = (kinds[:, None] == np.arange(counts.size)).astype(np.intp)
        taken = present.astype(np.intp) @ indicator
        if _depends_on_counts(taken, v) and not any(
            _depends_on_counts(present.astype(np.intp) @ rng.permutation(indicator), v)
            for _ in range(_DEALS if counts.size > 1 else 0)
        ):
            values, stderr = _interpolate(taken, v, counts)
            return Typed(values[kinds], stderr[kinds], counts.tolist())
    return None


def _proposals(data: Evaluations, guess: Floats) -> list[Ints]:
    """Return partitions of the players, each as a type number a player; no partition twice."""
    n, everyone = data.n, full(data.n)
    found = [np.zeros(n, dtype=np.intp)]
    alone = [1 << i for i in range(n)]
    if all(m in data and everyone ^ m in data for m in alone):
        marks = np.round([[data[m], data[everyone ^ m]] for m in alone], 12)
        found.append(np.unique(marks, axis=0, return_inverse=True)[1].reshape(-1))
    order = np.argsort(guess, kind="stable")
    gaps = np.argsort(-np.diff(guess[order]), kind="stable")
    for cuts in range(1, min(_TYPES_MAX, n)):
        kinds = np.empty(n, dtype=np.intp)
        kinds[order] = np.searchsorted(np.sort(gaps[:cuts]), np.arange(n), side="left")
        found.append(kinds)
    return [kinds for kinds in found if int(kinds.max()) < _TYPES_MAX]


def _depends_on_counts(taken: Ints, v: Floats) -> bool:
    _, group = np.unique(taken, axis=0, return_inverse=True)
    group = group.reshape(-1)
    groups = int(group.max()) + 1
    low, high = np.full(groups, np.inf), np.full(groups, -np.inf)
    np.minimum.at(low, group, v)
    np.maximum.at(high, group, v)
    # Only groups that mix different coalitions could have refuted the types; the coalitions of
    # no one and of everyone are always alone in theirs.
    coincidences = len(v) - groups
    return bool(
        coincidences >= _COINCIDENCES_MIN
        and float((high - low).max()) <= _ROUNDING * float(np.abs(v).max())
    )


def _interpolate(taken: Ints, v: Floats, counts: Ints) -> tuple[Floats, Floats]:
    """Return value and deviation a type: an odd process over the counts, read at all of them."""
    points, first = np.unique(taken, axis=0, return_index=True)
    worth = dict(zip(map(tuple, points.tolist()), v[first].tolist(), strict=True))
    top = tuple(counts.tolist())
    known, y = [], []
    for point, value in worth.items():
        mirror = tuple(c - k for c, k in zip(top, point, strict=True))
        if mirror in worth and point >= mirror:
            known.append(point)
            y.append((value - worth[mirror]) / 2)
    lattice, coefficients = type_coefficients(counts.tolist())
    scale = float(np.abs(y).max()) or 1.0
    rows, target = 2 * np.array(known) / counts - 1, np.array(y) / scale
    grid = 2 * lattice / counts - 1
    best = min(_LENGTHS, key=lambda length: _misfit(rows, target, length))
    inverse = np.linalg.inv(_kernel(rows, rows, best) + _NUGGET * np.eye(len(rows)))
    variance = max(float(target @ inverse @ target) / len(target), 0.0)
    cross = _kernel(grid, rows, best)
    values = scale * (coefficients @ (cross @ (inverse @ target)))
    reach = coefficients @ cross
    prior = np.einsum(
        "ti,ij,tj->t", coefficients, _kernel(grid, grid, best), coefficients
    )
    left = prior - np.einsum("ti,ij,tj->t", reach, inverse, reach)
    return values, scale * np.sqrt(variance * np.maximum(left, 0.0))


def _misfit(rows: Floats, target: Floats, length: float) -> float:
    """Return the negative log likelihood, the scale maximised out."""
    total = _kernel(rows, rows, length) + _NUGGET * np.eye(len(rows))
    fit = max(float(target @ np.linalg.solve(total, target)), 1e-300)
    return 0.5 * len(target) * float(np.log(fit)) + 0.5 * float(
        np.linalg.slogdet(total)[1]
    )


def _kernel(one: Floats, two: Floats, length: float) -> Floats:
    """Return a linear kernel plus an odd exponential one, which allows for kinks."""

    def decay(a: Floats, b: Floats) -> Floats:
        square = np.square(a[:, None, :] - b[None, :, :]).sum(axis=2)
        r = np.sqrt(3 * square) / length
        return np.asarray((1 + r) * np.exp(-r))  # Matern 3/2

    return np.asarray(one @ two.T + decay(one, two) - decay(one, -two))
