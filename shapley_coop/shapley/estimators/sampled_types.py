"""Estimated Shapley values of games of few types with too many count vectors to enumerate."""

from collections.abc import Sequence
from math import ceil, prod

import numpy as np

from shapley_coop.shapley.arrays import Counts, Floats
from shapley_coop.shapley.estimators.control_variate import ControlVariate
from shapley_coop.shapley.estimators.type_points import CountMixture, node_count
from shapley_coop.shapley.estimators.unseen import unseen_error
from shapley_coop.shapley.exact_values.by_types import (
    LATTICE_MAX,
    TypeGame,
    as_counts,
    ask_counts,
    exact_by_types,
)
from shapley_coop.shapley.result import Estimate
from shapley_coop.shapley.units import Unit, unit_of

_DRAWS_MAX = 1 << 22
_REPLICATES = 8  # independent shifts of the low-discrepancy points of each node
_PILOT = 0.2  # of the budget
_EVEN = 0.2  # of the rest, spread over all sizes alike whatever the pilot saw
_PER_BIN = 40  # points of the pilot to fit a line on, one range of sizes


def estimate_by_types(
    game: TypeGame,
    counts: Sequence[int],
    *,
    budget: int = 1 << 19,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate the Shapley value of one player of each type.

    `.values` of the estimate has length t. `counts` and `game` are as in `exact_by_types`,
    which answers where the budget pays for every count vector. Otherwise
    φ_t = (v(N) - v(∅)) / n + Σ_s n / (s(n - s)) · E_s[f(K) · (K_t / n_t - s / n)],
    with K the counts of a random coalition of size s.

    Sizes come from a mixture of binomials weighed by the balance heuristic (Veach & Guibas,
    1995), counts from shifted Kronecker points. A pilot fits f on each range of sizes by a
    linear function of the counts and of f along the diagonal, whose value is known, and
    spends the rest where the residuals are large. For types of up to 32 players, part of
    the sample is uniform over counts, with importance weights. Otherwise rare but
    influential counts would hardly be drawn.

    The estimate is unbiased, and the values add up to v(N) - v(∅) exactly. Standard errors
    come from eight independent shifts. No count vector is asked for twice. At most 2^22
    points are drawn.

    Raises:
        ValueError: see `exact_by_types`; the budget is below about 32 · sqrt(n).
    """
    sizes = as_counts(counts)
    lattice = _lattice_size(sizes)
    if lattice <= min(budget, LATTICE_MAX):
        return _enumerate(game, sizes)
    if not payable(sizes, budget):
        raise ValueError(
            f"a budget of {budget} count vectors is too small for "
            f"{int(sizes.sum())} players in types of {sizes.tolist()}; "
            f"the least is {least_budget(sizes)}"
        )
    return _sample(game, sizes, min(budget, _DRAWS_MAX), rng)


def payable(sizes: Counts, budget: int) -> bool:
    """Return whether `estimate_by_types` can work with this budget."""
    return budget >= least_budget(sizes)


def least_budget(sizes: Counts) -> int:
    """Return the least budget that `estimate_by_types` can work with."""
    n = int(sizes.sum())
    nodes = node_count(n)
    for_sample = 2 * _REPLICATES * nodes + 2
    return min(for_sample, _lattice_size(sizes))


def _lattice_size(sizes: Counts) -> int:
    """Return how many count vectors there are."""
    return prod(int(c) + 1 for c in sizes)


def _enumerate(game: TypeGame, sizes: Counts) -> Estimate:
    known = exact_by_types(game, sizes.tolist())
    zeros = np.zeros(sizes.size)
    return Estimate(
        values=known.values,
        stderr=zeros,
        evaluations=_lattice_size(sizes),
        method="exact types",
        reason="every count vector is known",
        empty=known.empty,
        grand=known.grand,
        noise_stderr=zeros,
    )


def _sample(
    game: TypeGame,
    sizes: Counts,
    budget: int,
    rng: np.random.Generator,
) -> Estimate:
    """Estimate in two stages: a pilot that fits a control variate, then the residuals."""
    n = int(sizes.sum())
    mixture = CountMixture(sizes)
    ask = _CountMemory(game, sizes, rng)
    ends = np.stack([np.zeros_like(sizes), sizes])
    empty, grand = ask(ends).tolist()
    levels = _levels(ask, sizes, budget)
    pilot = mixture.draw(_shared_out(_PILOT * budget, mixture.even), 1, rng)
    pilot_values = ask(pilot)
    # What follows squares values, so it is done in the unit of those that are known by now.
    unit = ask.unit(empty)
    control = ControlVariate(
        sizes,
        unit.normalise(levels),
        _bins(pilot, mixture),
        pilot,
        unit.normalise(pilot_values),
    )
    draws = _allocate(control, mixture, budget - ask.evaluations)
    points = mixture.draw(draws, _REPLICATES, rng)
    terms = control.residuals(points, unit.normalise(ask(points)))
    weights = mixture.importance_weights(points, draws)
    terms *= weights[:, None]
    # The points of a node's replicate follow each other, so their sums end where others start.
    lengths = np.repeat(draws, _REPLICATES)
    stops = np.cumsum(lengths)
    starts = stops - lengths
    shape = (mixture.nodes, _REPLICATES, sizes.size)
    sums = np.add.reduceat(terms, starts, axis=0)
    node_sums = sums.reshape(shape)
    node_sums /= draws.sum()
    node_means = node_sums.mean(axis=1)
    residual_values = node_means.sum(axis=0)
    equal_share = unit.normalise(np.array(grand)) / n
    node_variances = node_sums.var(axis=1, ddof=1) / _REPLICATES
    stderr = unseen_error(_stderr(node_variances), ask.spread(unit), ask.evaluations)
    count_vectors = f"{ask.evaluations} of {_lattice_size(sizes)} count vectors"
    return Estimate(
        values=unit.restore(equal_share + control.values + residual_values),
        stderr=unit.restore(stderr),
        evaluations=ask.evaluations,
        method="sampled types",
        reason=f"an estimate: {count_vectors}",
        empty=empty,
        grand=grand,
        noise_stderr=np.zeros(sizes.size),
    )


def _bins(pilot: Counts, mixture: CountMixture) -> int:
    """Return on how many ranges of sizes a pilot has points enough for a line."""
    affordable = len(pilot) // _PER_BIN
    return max(min(mixture.nodes, affordable), 1)


def _allocate(
    control: ControlVariate,
    mixture: CountMixture,
    budget: int,
) -> Counts:
    """Return how many points of each replicate every node gets.

    Most go where the residuals of the pilot spread (Neyman allocation), some everywhere.
    """
    bins = control.spread.size
    bin_of_node = (mixture.chances * bins).astype(np.intp)
    wanted = control.spread[bin_of_node] * mixture.even
    share = mixture.even
    if wanted.sum() > 0:
        share = wanted / wanted.sum()
    # A pilot can miss where the residuals are, so no size is left without points.
    even_part = _EVEN * mixture.even
    share = (1 - _EVEN) * share + even_part
    return _shared_out(budget / _REPLICATES, share)


def _stderr(variances: Floats) -> Floats:
    """Return the standard error from each node's variance (nodes x t), for use with a normal.

    Where few nodes make up the sum, its few degrees of freedom (Satterthwaite, 1946) widen
    the 95 % interval by about 1.2 over their number.
    """
    total = variances.sum(axis=0)
    squares = np.square(variances).sum(axis=0)
    fourth = squares / (_REPLICATES - 1)
    positive = fourth > 0
    divisor = np.where(positive, fourth, 1.0)
    freedom = total**2 / divisor
    widening = 1 + 1.2 / np.maximum(freedom, 1)
    factor = np.where(positive, widening, 1.0)
    deviation = np.sqrt(total)
    return np.asarray(deviation * factor)


def _shared_out(total: float, share: Floats) -> Counts:
    """Return whole numbers in these proportions, each at least 1, at most `total` in sum."""
    beyond_one = max(total - share.size, 0.0) * share
    whole = beyond_one.astype(np.int64)
    return np.asarray(1 + whole)


class _CountMemory:
    """The game, asked once for each count vector."""

    def __init__(
        self,
        game: TypeGame,
        sizes: Counts,
        rng: np.random.Generator,
    ) -> None:
        self.game = game
        self._radix = _radix(sizes, rng)
        self._codes: Counts = np.zeros(0, dtype=np.int64)
        """Sorted, with the values in the same order."""
        self._values: Floats = np.zeros(0)

    @property
    def evaluations(self) -> int:
        """Count vectors asked for so far."""
        return self._codes.size

    def unit(self, empty: float) -> Unit:
        """Return the unit of the values that are known by now."""
        return unit_of(self._values, empty)

    def spread(self, unit: Unit) -> float:
        """Return how far the values that are known by now lie apart, in a unit."""
        return float(np.ptp(unit.normalise(self._values)))

    def __call__(self, points: Counts) -> Floats:
        """Return the values of count vectors (k x t)."""
        codes, first, inverse = np.unique(
            points @ self._radix,
            return_index=True,
            return_inverse=True,
        )
        # Codes are sorted, so known ones are found by bisection.
        known = np.isin(codes, self._codes, assume_unique=True)
        values = np.empty(codes.size)
        places = np.searchsorted(self._codes, codes[known])
        values[known] = self._values[places]
        if not known.all():
            new = ~known
            new_points = points[first[new]]
            values[new] = ask_counts(self.game, new_points)
            self._remember(codes[new], values[new])
        place = inverse.reshape(-1)
        return np.asarray(values[place])

    def _remember(
        self,
        codes: Counts,
        values: Floats,
    ) -> None:
        all_codes = np.concatenate([self._codes, codes])
        all_values = np.concatenate([self._values, values])
        order = np.argsort(all_codes, kind="stable")
        self._codes = all_codes[order]
        self._values = all_values[order]


def _radix(sizes: Counts, rng: np.random.Generator) -> Counts:
    """Return multipliers that turn a count vector into a number of its own.

    Beyond 2^63 count vectors they are random, and 2^22 vectors share a number with a chance
    of 2^-21.
    """
    if _lattice_size(sizes) >= 1 << 63:
        half = rng.integers(1 << 62, size=sizes.size)
        # Odd multipliers lose no digit of a count when the product overflows.
        return half * 2 + 1
    choices = sizes + 1
    products = np.cumprod(choices[:-1])
    return np.concatenate([[1], products])


def _levels(
    ask: _CountMemory,
    sizes: Counts,
    budget: int,
) -> Floats:
    """Return f where all types are present alike, at each size or the nearest one asked."""
    n = int(sizes.sum())
    step = ceil(8 * (n + 1) / budget)
    nodes = np.arange(0, n + 1, step)
    diagonal = nodes[:, None] * sizes / n
    points = np.rint(diagonal).astype(np.int64)
    values = ask(points)
    all_sizes = np.arange(n + 1)
    nearest = (all_sizes + step // 2) // step
    last = nodes.size - 1
    return values[np.minimum(nearest, last)]
