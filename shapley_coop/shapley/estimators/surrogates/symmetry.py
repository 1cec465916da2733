"""Players of few types: recognising them from evaluations, and the value of such a game."""

from math import prod
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints
from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.exact_values.by_types import type_coefficients

_TYPES_MAX = 3
_LATTICE_MAX = 4000
_COINCIDENCES_MIN = 12  # coalitions of equal counts that could have refuted the types
_FEW_VALUES = 2  # games of so few values are left to the weighted vote
_DEALS = 5
_LENGTHS = (0.15, 0.3, 0.6, 1.2, 2.4)
_NUGGET = 1e-8


class _Interpolation(NamedTuple):
    """The value of one player of each type, and its posterior deviation."""

    values: Floats
    stderr: Floats


class TypedValue(NamedTuple):
    """The value of a game whose players come in few types."""

    values: Floats
    stderr: Floats
    counts: list[int]
    """Players of each type."""


def typed_value(
    data: Evaluations,
    guess: Floats,
    rng: np.random.Generator,
) -> TypedValue | None:
    """Return the values if known v depend only on how many of each type are in, else None.

    Types are proposed by equal v({i}) and v(N - i), and by clusters of the guessed values.
    A proposal is kept only where all evaluated coalitions of equal counts, twelve at the
    least beyond the first of each, have equal values, and where players dealt to the types
    at random would not pass. Two-valued games are left to the weighted vote: there, most
    coalitions agree under any types. Counts never seen are interpolated by a process.
    """
    masks = list(data)
    present = to_matrix(masks, data.n).astype(np.intp)
    v = data.values(masks)
    if np.unique(v).size <= _FEW_VALUES:
        return None
    for kinds in _proposals(data, guess):
        counts = np.bincount(kinds)
        choices = (counts + 1).tolist()
        # The process is read at every count vector, so there must not be too many.
        if prod(choices) > _LATTICE_MAX:
            continue
        types = np.arange(counts.size)
        is_of_type = kinds[:, None] == types
        indicator = is_of_type.astype(np.intp)
        count_vectors = present @ indicator
        if not _depends_on_counts(count_vectors, v, data.equal_within):
            continue
        if not _random_types_pass(present, indicator, data, rng):
            by_type = _interpolate(count_vectors, v, counts)
            return TypedValue(
                values=by_type.values[kinds],
                stderr=by_type.stderr[kinds],
                counts=counts.tolist(),
            )
    return None


def _random_types_pass(
    present: Ints,
    indicator: Ints,
    data: Evaluations,
    rng: np.random.Generator,
) -> bool:
    """Return whether players dealt to types of these sizes would pass the same test.

    With one type there is nothing to deal, and the answer is no.
    """
    types = indicator.shape[1]
    deals = _DEALS if types > 1 else 0
    v = data.values(list(data))
    for _ in range(deals):
        deal = rng.permutation(indicator)
        count_vectors = present @ deal
        if _depends_on_counts(count_vectors, v, data.equal_within):
            return True
    return False


def _proposals(data: Evaluations, guess: Floats) -> list[Ints]:
    """Return partitions of the players, each as a type number a player."""
    n = data.n
    everyone = full(n)
    partitions = [np.zeros(n, dtype=np.intp)]
    alone = [1 << i for i in range(n)]
    all_others = [everyone ^ mask for mask in alone]
    if all(mask in data for mask in alone + all_others):
        singles = data.values(alone)
        complements = data.values(all_others)
        ends = np.stack([singles, complements], axis=1)
        grain = data.unit.grain
        rounded = np.round(ends / grain)
        _, kinds = np.unique(rounded, axis=0, return_inverse=True)
        partitions.append(kinds.reshape(-1))
    # Clusters: the sorted guesses are cut at their widest gaps.
    order = np.argsort(guess, kind="stable")
    gaps = np.diff(guess[order])
    widest_first = np.argsort(-gaps, kind="stable")
    places = np.arange(n)
    for cuts in range(1, min(_TYPES_MAX, n)):
        borders = np.sort(widest_first[:cuts])
        kinds = np.empty(n, dtype=np.intp)
        kinds[order] = np.searchsorted(borders, places, side="left")
        partitions.append(kinds)
    return [kinds for kinds in partitions if kinds.max() < _TYPES_MAX]


def _depends_on_counts(count_vectors: Ints, v: Floats, rounding: float) -> bool:
    """Return whether coalitions of equal counts have equal values, and enough of them."""
    _, inverse = np.unique(count_vectors, axis=0, return_inverse=True)
    group = inverse.reshape(-1)
    last_group = int(group.max())
    groups = last_group + 1
    low = np.full(groups, np.inf)
    high = np.full(groups, -np.inf)
    np.minimum.at(low, group, v)
    np.maximum.at(high, group, v)
    # Only groups that mix different coalitions could have refuted the types; the coalitions
    # of no one and of everyone are always alone in theirs.
    coincidences = len(v) - groups
    ranges = high - low
    widest = float(ranges.max())
    return bool(coincidences >= _COINCIDENCES_MIN and widest <= rounding)


def _interpolate(
    count_vectors: Ints,
    v: Floats,
    counts: Ints,
) -> _Interpolation:
    """Condition an odd process over count vectors on the known ones and read it at all."""
    points, odd_values = _odd_values_by_counts(count_vectors, v, counts)
    lattice, coefficients = type_coefficients(counts.tolist())
    largest = float(np.abs(odd_values).max())
    scale = largest or 1.0
    target = odd_values / scale
    # Shares of the types run from -1 to 1, so a complement is a negated vector.
    rows = 2 * points / counts - 1
    grid = 2 * lattice / counts - 1
    length = min(_LENGTHS, key=lambda length: _misfit(rows, target, length))
    covariance = _covariance(rows, length)
    inverse = np.linalg.inv(covariance)
    solved = inverse @ target
    square = float(target @ inverse @ target)
    # The scale of greatest likelihood, given the length.
    variance = max(square / len(target), 0.0)
    cross = _kernel(grid, rows, length)
    predictions = cross @ solved
    values = scale * (coefficients @ predictions)
    # The values are linear in v, so their deviation follows from the process's.
    reach = coefficients @ cross
    whole = _kernel(grid, grid, length)
    prior = np.einsum("ti,ij,tj->t", coefficients, whole, coefficients)
    explained = np.einsum("ti,ij,tj->t", reach, inverse, reach)
    # Rounding can take a variance of nothing below zero.
    rest = np.maximum(prior - explained, 0.0)
    deviation = np.sqrt(variance * rest)
    stderr = scale * deviation
    return _Interpolation(values, stderr)


def _odd_values_by_counts(
    count_vectors: Ints,
    v: Floats,
    counts: Ints,
) -> tuple[Ints, Floats]:
    """Return count vectors of which the complement is known too, and their odd values."""
    points, first = np.unique(count_vectors, axis=0, return_index=True)
    keys = map(tuple, points.tolist())
    known_values = v[first].tolist()
    worth = dict(zip(keys, known_values, strict=True))
    known: list[tuple[int, ...]] = []
    odd_values: list[float] = []
    for point, value in worth.items():
        absent = counts - np.array(point)
        mirror = tuple(absent.tolist())
        # Of a pair, the larger vector stands for both.
        if mirror in worth and point >= mirror:
            known.append(point)
            difference = value - worth[mirror]
            odd_values.append(difference / 2)
    return np.array(known), np.array(odd_values)


def _covariance(rows: Floats, length: float) -> Floats:
    """Return the covariance of the rows, kept positive definite by a nugget."""
    nugget = _NUGGET * np.eye(len(rows))
    smooth = _kernel(rows, rows, length)
    return np.asarray(smooth + nugget)


def _misfit(
    rows: Floats,
    target: Floats,
    length: float,
) -> float:
    """Return the negative log marginal likelihood, with the scale maximised out."""
    total = _covariance(rows, length)
    solved = np.linalg.solve(total, target)
    square = max(float(target @ solved), 1e-300)
    log_fit = float(np.log(square))
    _, log_determinant = np.linalg.slogdet(total)
    fit_term = 0.5 * len(target) * log_fit
    return fit_term + 0.5 * float(log_determinant)


def _kernel(
    one: Floats,
    two: Floats,
    length: float,
) -> Floats:
    """Return a linear kernel plus an odd exponential one, which allows for kinks."""
    linear = one @ two.T
    near = _matern(one, two, length)
    across = _matern(one, -two, length)
    total = linear + near - across
    return np.asarray(total)


def _matern(
    a: Floats,
    b: Floats,
    length: float,
) -> Floats:
    """Return the Matern kernel of smoothness 3/2 for each row of a and b."""
    difference = a[:, None] - b
    squares = np.square(difference)
    square = squares.sum(axis=2)
    r = np.sqrt(3 * square) / length
    decay = np.exp(-r)
    return np.asarray((1 + r) * decay)
