"""Estimated Shapley values of games of few types whose count vectors are too many to enumerate."""

from collections.abc import Sequence
from math import ceil, prod, sqrt

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from shapley_coop.shapley.arrays import Counts, Floats
from shapley_coop.shapley.estimators.type_points import Design, node_count
from shapley_coop.shapley.exact_values.by_types import (
    LATTICE_MAX,
    TypeGame,
    ask_counts,
    checked_counts,
    exact_by_types,
)
from shapley_coop.shapley.result import Estimate

_DRAWS_MAX = 1 << 22
_REPLICATES = 8  # independent shifts of the low-discrepancy points of each node
_PILOT = 0.2  # of the budget
_EVEN = 0.2  # of the rest, spread over all sizes alike whatever the pilot saw
_PER_BIN = 40  # points of the pilot to fit a model on, one range of sizes
_REACH = 2  # bins to either side whose spread counts: a pilot sees edges too late


def estimate_by_types(
    game: TypeGame,
    counts: Sequence[int],
    *,
    budget: int = 1 << 19,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate the Shapley value of one player of each type; `.values` has length t.

    `counts` and `game` as in `exact_by_types`, which answers where the budget pays for every
    count vector. Otherwise φ_t = (v(N) - v(∅)) / n + Σ_s n / (s(n - s)) · E_s[f(K) · (K_t / n_t
    - s / n)], with K the counts of a random coalition of size s. Sizes come from a mixture of
    binomials weighed by the balance heuristic (Veach & Guibas, 1995), counts from shifted
    Kronecker points. A pilot fits f on each range of sizes by a linear function of the counts
    and of f along the diagonal, whose value is known, and spends the rest where the residuals
    are large. Counts of types of up to 32 players are in part drawn alike, not as they would
    fall, and weighed for it: chance alone would show too few of those that matter. Unbiased; the
    values add up to v(N) - v(∅) exactly; standard errors come from eight independent shifts. No
    count vector is asked for twice. At most 2^22 draws.

    Raises:
        ValueError: see `exact_by_types`; the budget is below about 32 · sqrt(n).
    """
    sizes = checked_counts(counts)
    if _enumerable(sizes, budget):
        return _enumerated(game, sizes)
    if not payable(sizes, budget):
        raise ValueError(
            f"a budget of {budget} count vectors is too small for {int(sizes.sum())} players in "
            f"types of {sizes.tolist()}; the least is {least_budget(sizes)}"
        )
    return _sampled(game, sizes, min(budget, _DRAWS_MAX), rng)


def payable(sizes: Counts, budget: int) -> bool:
    """Say whether `estimate_by_types` can work with this budget."""
    return budget >= least_budget(sizes)


def least_budget(sizes: Counts) -> int:
    """Return the least budget that `estimate_by_types` can work with."""
    sampled = 2 * _REPLICATES * node_count(int(sizes.sum())) + 2
    return min(sampled, prod(int(c) + 1 for c in sizes))


def _enumerable(sizes: Counts, budget: int) -> bool:
    return prod(int(c) + 1 for c in sizes) <= min(budget, LATTICE_MAX)


def _enumerated(game: TypeGame, sizes: Counts) -> Estimate:
    known = exact_by_types(game, sizes.tolist())
    zeros = np.zeros(sizes.size)
    evaluations = prod(int(c) + 1 for c in sizes)
    reason = "every count vector is known"
    return Estimate(
        known.values,
        zeros,
        evaluations,
        "exact types",
        reason,
        known.empty,
        known.grand,
        zeros,
    )


def _sampled(
    game: TypeGame, sizes: Counts, budget: int, rng: np.random.Generator
) -> Estimate:
    n, design = int(sizes.sum()), Design(sizes)
    ask = _Memory(game, sizes, rng)
    empty, grand = ask(np.stack([np.zeros_like(sizes), sizes])).tolist()
    levels = _levels(ask, sizes, budget)
    pilot = _shared_out(_PILOT * budget, design.even)
    points = design.draw(pilot, 1, rng)
    bins = max(min(design.nodes, len(points) // _PER_BIN), 1)
    model = _Model(sizes, levels, bins, points, ask(points))
    wanted = model.spread[(design.chances * bins).astype(np.intp)] * design.even
    share = wanted / wanted.sum() if wanted.sum() > 0 else design.even
    share = (1 - _EVEN) * share + _EVEN * design.even
    draws = _shared_out((budget - ask.evaluations) / _REPLICATES, share)
    points = design.draw(draws, _REPLICATES, rng)
    terms = model.residuals(points, ask(points))
    terms *= design.weigh(points, draws)[:, None]
    starts = np.concatenate([[0], np.cumsum(np.repeat(draws, _REPLICATES))[:-1]])
    sums = np.add.reduceat(terms, starts, axis=0).reshape(
        design.nodes, _REPLICATES, sizes.size
    )
    sums /= draws.sum()
    stderr = _stderr(sums.var(axis=1, ddof=1) / _REPLICATES)
    return Estimate(
        values=(grand - empty) / n + model.values + sums.mean(axis=1).sum(axis=0),
        stderr=stderr,
        evaluations=ask.evaluations,
        method="sampled types",
        reason=f"an estimate: {ask.evaluations} of {prod(int(c) + 1 for c in sizes)} count vectors",
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(sizes.size),
    )


def _stderr(variances: Floats) -> Floats:
    """Return the standard error from each node's variance (nodes x t), for use with a normal.

    Where few nodes make up the sum, its few degrees of freedom (Satterthwaite, 1946) widen the
    95 % interval by about 1.2 over their number.
    """
    total = variances.sum(axis=0)
    fourth = np.square(variances).sum(axis=0) / (_REPLICATES - 1)
    freedom = total**2 / np.where(fourth > 0, fourth, 1.0)
    return np.asarray(
        np.sqrt(total) * np.where(fourth > 0, 1 + 1.2 / np.maximum(freedom, 1), 1.0)
    )


def _shared_out(total: float, share: Floats) -> Counts:
    """Return whole numbers in these proportions that sum to at most the total, each at least 1."""
    return np.asarray(1 + (max(total - share.size, 0.0) * share).astype(np.int64))


class _Memory:
    """The game, asked once for each count vector."""

    def __init__(self, game: TypeGame, sizes: Counts, rng: np.random.Generator) -> None:
        self.game, self._radix = game, _radix(sizes, rng)
        self._codes: Counts = np.zeros(0, dtype=np.int64)
        self._values: Floats = np.zeros(0)

    @property
    def evaluations(self) -> int:
        """Count vectors asked for so far."""
        return self._codes.size

    def __call__(self, points: Counts) -> Floats:
        """Return the values of count vectors (k x t)."""
        codes, first, back = np.unique(
            points @ self._radix, return_index=True, return_inverse=True
        )
        known = np.isin(codes, self._codes, assume_unique=True)
        values = np.empty(codes.size)
        values[known] = self._values[np.searchsorted(self._codes, codes[known])]
        if not known.all():
            values[~known] = ask_counts(self.game, points[first[~known]])
            merged = np.concatenate([self._codes, codes[~known]])
            order = np.argsort(merged, kind="stable")
            self._codes = merged[order]
            self._values = np.concatenate([self._values, values[~known]])[order]
        return np.asarray(values[back.reshape(-1)])


def _radix(sizes: Counts, rng: np.random.Generator) -> Counts:
    """Return multipliers that turn a count vector into a number of its own.

    Beyond 2^63 count vectors they are random, and 2^22 vectors share a number with a chance of
    2^-21.
    """
    if prod(int(c) + 1 for c in sizes) >= 1 << 63:
        return rng.integers(1 << 62, size=sizes.size) * 2 + 1
    return np.concatenate([[1], np.cumprod(sizes[:-1] + 1)])


def _levels(ask: _Memory, sizes: Counts, budget: int) -> Floats:
    """Return f where all types are present alike, at each size, or at the nearest one asked."""
    n = int(sizes.sum())
    step = ceil(8 * (n + 1) / budget)
    asked = np.arange(0, n + 1, step)
    values = ask(np.rint(asked[:, None] * sizes / n).astype(np.int64))
    return values[np.minimum((np.arange(n + 1) + step // 2) // step, asked.size - 1)]


class _Model:
    """f on each range of sizes as a line in f's level and in the types' surplus, from a pilot.

    A function of the size alone adds nothing to any value, and a slope b_j on the count of type
    j at size s adds (b_t - Σ_j b_j n_j / n) / (n - 1).
    """

    def __init__(
        self, sizes: Counts, levels: Floats, bins: int, points: Counts, values: Floats
    ) -> None:
        self.sizes, self.levels, self.n = sizes, levels, int(sizes.sum())
        all_sizes = np.arange(self.n + 1)
        self._bin = all_sizes * bins // (self.n + 1)
        self._width = np.sqrt(np.maximum(all_sizes * (self.n - all_sizes), 1)) / self.n
        self._fits = np.zeros((bins, 1 + sizes.size))
        self._fit(points, values)
        self.values = self._known()
        terms = self.residuals(points, values)
        squares = np.bincount(
            self._bins(points), weights=terms**2 @ sizes, minlength=bins
        )
        counts = np.bincount(self._bins(points), minlength=bins)
        rough = np.pad(np.sqrt(squares / np.maximum(counts, 1)), _REACH)
        self.spread: Floats = sliding_window_view(rough, 2 * _REACH + 1).max(axis=1)
        """The deviation that is left at each range of sizes, its neighbours' included."""

    def residuals(self, points: Counts, values: Floats) -> Floats:
        """Return each point's term in each value, less what the model says; k x t."""
        size = points.sum(axis=1)
        features = self._features(points, size)
        left = values - np.einsum("kf,kf->k", features, self._fits[self._bin[size]])
        ends = np.maximum(size * (self.n - size), 1)
        surplus = points / self.sizes - (size / self.n)[:, None]
        return np.asarray(surplus * (left * (self.n * (self.n + 1)) / ends)[:, None])

    def _bins(self, points: Counts) -> NDArray[np.intp]:
        return np.asarray(self._bin[points.sum(axis=1)])

    def _features(self, points: Counts, size: Counts) -> Floats:
        """Return 1, the level, and the surplus of each type but the last in deviations."""
        features = np.empty((1 + self.sizes.size, len(points)))
        features[0], features[1] = 1.0, self.levels[size]
        for t, c in enumerate(self.sizes.tolist()[:-1]):
            features[t + 2] = (
                (points[:, t] / c - size / self.n) * sqrt(c) / self._width[size]
            )
        return features.T

    def _fit(self, points: Counts, values: Floats) -> None:
        features = self._features(points, points.sum(axis=1))
        bins = self._bins(points)
        order = np.argsort(bins, kind="stable")
        edges = np.searchsorted(bins[order], np.arange(len(self._fits) + 1))
        for j, rows in enumerate(np.split(order, edges[1:-1])):
            if rows.size:
                self._fits[j] = _line(features[rows], values[rows])

    def _known(self) -> Floats:
        """Return what the model adds to each value."""
        inner = slice(1, self.n)
        slopes = np.zeros((self.n - 1, self.sizes.size))
        slopes[:, :-1] = self._fits[self._bin[inner], 2:] / self._width[inner, None]
        slopes /= np.sqrt(self.sizes)
        mean = slopes @ self.sizes / self.n
        return np.asarray((slopes - mean[:, None]).sum(axis=0) / (self.n - 1))


def _line(features: Floats, values: Floats) -> Floats:
    """Return least-squares coefficients; the level alone where points are few."""
    found = np.zeros(features.shape[1])
    found[1] = 1.0
    found[0] = (values - features[:, 1]).mean()
    if len(values) > 4 * features.shape[1]:
        found[0] = values.mean()
        middle, spread = features.mean(axis=0), features.std(axis=0)
        moved = (features - middle)[:, 1:] / np.where(spread > 0, spread, 1.0)[1:]
        slopes = np.linalg.lstsq(moved, values - found[0], rcond=1e-6)[0]
        found[1:] = slopes / np.where(spread > 0, spread, 1.0)[1:]
        found[0] -= middle[1:] @ found[1:]
    return found
