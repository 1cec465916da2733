"""How two sets of plays differ: paired where seeds are shared, with intervals and tests."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import variance
from typing import Any

import numpy as np

from shapley_coop.runs.intervals import (
    Interval,
    mean_interval,
    mean_of,
    t_quantile,
    wilson,
)
from shapley_coop.runs.statistics.estimates import (
    FEWEST,
    Method,
    are_alike,
    bootstrap_interval,
)
from shapley_coop.runs.statistics.measures import Kind

SIGNIFICANT = 0.05
"""Where there is none, a difference as large must be rarer than this to be called one."""
_PERMUTATIONS = 9999


@dataclass(frozen=True, slots=True)
class Contrast:
    """What one set of plays has more of than another."""

    value: float | None
    """The mean of the second set minus that of the first. None if one of them has no value."""
    interval: Interval | None
    """With 95 percent confidence. None where the values tell none."""
    n: int
    """Shared seeds of a paired difference, else the values of the smaller set."""
    paired: bool
    """Whether values of the same seed were held against each other."""
    method: Method = "none"
    """How the interval was found."""
    p: float | None = None
    """The chance of a difference at least as large if the sets were alike, by permutation."""
    p_holm: float | None = None
    """The same, corrected for all differences that were tested together (Holm, 1979)."""
    first: float | None = None
    """The mean of the first set over the values that were held against each other."""
    second: float | None = None
    """The same of the second set."""
    counts: tuple[int, int] = (0, 0)
    """How many values of either set that are."""

    @property
    def is_significant(self) -> bool:
        """Whether the corrected chance is below 5 percent."""
        return self.p_holm is not None and self.p_holm < SIGNIFICANT

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return asdict(self) | {"significant": self.is_significant}


def difference(
    first: Mapping[int, float],
    second: Mapping[int, float],
    kind: Kind,
    rng: np.random.Generator,
    *,
    sample: bool = True,
    pair: bool = True,
    widest: float = math.inf,
) -> Contrast:
    """Return how the second set of plays differs from the first.

    Args:
        first: values by seed.
        second: values by seed. Where both sets have at least two seeds in common, only these are
            compared, each with its own counterpart.
        kind: whether the values are a share.
        rng: draws resamples and permutations.
        sample: whether chance had a say in either set. If not, a difference is what it is.
        pair: whether equal seeds are equal luck, as they are in one game and not in two.
        widest: the most by which two values can differ, which no interval passes.
    """
    # Of one pair alone nothing can be told, so two have to be shared.
    shared = sorted(first.keys() & second.keys()) if pair else []
    if len(shared) >= 2:
        left = [first[seed] for seed in shared]
        right = [second[seed] for seed in shared]
        gaps = [after - before for before, after in zip(left, right, strict=True)]
        gap = _paired(gaps, rng, sample=sample, widest=widest)
    else:
        left, right = list(first.values()), list(second.values())
        gap = _unpaired(left, right, kind, rng, sample=sample, widest=widest)
    return replace(
        gap,
        first=mean_of(left) if left else None,
        second=mean_of(right) if right else None,
        counts=(len(left), len(right)),
    )


def _paired(
    gaps: Sequence[float], rng: np.random.Generator, *, sample: bool, widest: float
) -> Contrast:
    count = len(gaps)
    plain = Contrast(mean_of(gaps), None, count, paired=True)
    if not sample:
        return plain
    p = sign_flip_p(gaps, rng)
    # The same gap throughout is a sure sign and has no spread to make an interval of.
    if are_alike(gaps):
        return replace(plain, p=p)
    if count < FEWEST:
        return replace(
            plain, interval=mean_interval(gaps, -widest, widest), method="t", p=p
        )
    interval = bootstrap_interval(gaps, rng)
    return replace(plain, interval=interval, method="bca", p=p)


def _unpaired(
    left: Sequence[float],
    right: Sequence[float],
    kind: Kind,
    rng: np.random.Generator,
    *,
    sample: bool,
    widest: float,
) -> Contrast:
    count = min(len(left), len(right))
    if not count:
        return Contrast(None, None, 0, paired=False)
    gap = mean_of(right) - mean_of(left)
    plain = Contrast(gap, None, count, paired=False)
    if not sample or count < 2:
        return plain
    p = _permutation_p(left, right, rng)
    # A share of few plays is no bell curve, so it has an interval of its own.
    if kind == "share" and set(left) | set(right) <= {0.0, 1.0}:
        return replace(plain, interval=newcombe(left, right), method="newcombe", p=p)
    if are_alike(left) and are_alike(right):
        return replace(plain, p=p)
    low, high = _welch(left, right)
    interval = Interval(max(low, -widest), min(high, widest))
    return replace(plain, interval=interval, method="welch", p=p)


def sign_flip_p(gaps: Sequence[float], rng: np.random.Generator) -> float:
    """Return the chance of a mean gap at least as far from 0 if every sign were a fair coin's.

    All sign patterns are counted for up to thirteen gaps, and some thousand drawn ones for more.
    For gaps of -1, 0 and 1 it is McNemar's exact test.
    """
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.asarray(gaps, dtype=float),),
        np.mean,
        permutation_type="samples",
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        rng=rng,
    )
    return float(found.pvalue)


def _permutation_p(
    left: Sequence[float], right: Sequence[float], rng: np.random.Generator
) -> float:
    """Return the chance of means at least as far apart if plays fell to either set by lot."""
    from scipy.stats import permutation_test

    found = permutation_test(
        (np.asarray(left, dtype=float), np.asarray(right, dtype=float)),
        lambda a, b, axis: np.mean(a, axis=axis) - np.mean(b, axis=axis),
        vectorized=True,
        n_resamples=_PERMUTATIONS,
        rng=rng,
    )
    return float(found.pvalue)


def newcombe(first: Sequence[float], second: Sequence[float]) -> Interval:
    """Return the hybrid score interval of a difference of two shares (Newcombe, 1998)."""
    share_first, share_second = mean_of(first), mean_of(second)
    low_first, high_first = wilson(round(sum(first)), len(first))
    low_second, high_second = wilson(round(sum(second)), len(second))
    gap = share_second - share_first
    below = math.hypot(share_second - low_second, high_first - share_first)
    above = math.hypot(high_second - share_second, share_first - low_first)
    return Interval(gap - below, gap + above)


def _welch(left: Sequence[float], right: Sequence[float]) -> Interval:
    """Return the interval of a difference of means of unequal spread (Welch, 1947)."""
    gap = mean_of(right) - mean_of(left)
    parts = [_variance_of_mean(values) for values in (left, right)]
    weights = [
        part**2 / (len(values) - 1)
        for part, values in zip(parts, (left, right), strict=True)
    ]
    freedom = sum(parts) ** 2 / sum(weights)
    half = t_quantile(freedom) * math.sqrt(sum(parts))
    return Interval(gap - half, gap + half)


def _variance_of_mean(values: Sequence[float]) -> float:
    # What differs by rounding alone has no spread, and squares of it are noise.
    return 0.0 if are_alike(values) else variance(values) / len(values)


def holm(chances: Sequence[float]) -> list[float]:
    """Return chances corrected for being tested together (Holm, 1979), in the order given.

    Calling those below 5 percent differences is wrong about any of them at most 5 times of 100.
    """
    # The rarest comes first: it has to stand up to all the others.
    order = sorted(range(len(chances)), key=chances.__getitem__)
    corrected = [0.0] * len(chances)
    least = 0.0
    for rank, place in enumerate(order):
        # A rarer one never gets the larger corrected chance.
        least = max(least, min(1.0, (len(chances) - rank) * chances[place]))
        corrected[place] = least
    return corrected


def correct(differences: Sequence[Contrast]) -> list[Contrast]:
    """Return differences that were tested together, with their corrected chances."""
    tested = [gap.p for gap in differences if gap.p is not None]
    corrected = iter(holm(tested))
    rows = []
    for gap in differences:
        p_holm = None if gap.p is None else next(corrected)
        rows.append(replace(gap, p_holm=p_holm))
    return rows
