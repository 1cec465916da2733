"""Estimates with intervals: exact ones of shares, bootstrapped ones of means, and robust means."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from shapley_coop.runs.intervals import (
    LEVEL,
    ROUNDING,
    Interval,
    clopper_pearson,
    mean_interval,
    mean_of,
)
from shapley_coop.runs.statistics.measures import Kind

Method = Literal["clopper-pearson", "bca", "t", "newcombe", "welch", "none"]
"""How an interval was found. `none` means that the values tell none."""
FEWEST = 10
"""With fewer values than this, resampling them is too sure of itself, and Student's t is taken."""
RESAMPLES = 4999


@dataclass(frozen=True, slots=True)
class SampleEstimate:
    """A figure of some episodes, how sure it is, and how many of them it rests on."""

    value: float | None
    """A share or a mean. None where it was never known."""
    interval: Interval | None
    """With 95 percent confidence. None where plays are no sample or all alike."""
    n: int
    """Values that it rests on."""
    method: Method
    """How the interval was found."""
    iqm: float | None = None
    """The mean of the middle half, which few odd episodes cannot move. None for a share."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return asdict(self)


def interquartile_mean(values: Sequence[float]) -> float:
    """Return the mean of the middle half (Agarwal et al., 2021), for at least one value.

    A quarter of the values, rounded down, is left out at either end.
    """
    ranked = sorted(values)
    cut = len(ranked) // 4
    return mean_of(ranked[cut : len(ranked) - cut])


def are_alike(values: Sequence[float]) -> bool:
    """Return whether values differ by rounding alone, so that they tell no spread."""
    largest = max(map(abs, values))
    return max(values) - min(values) <= ROUNDING * largest


def bootstrap_interval(
    values: Sequence[float],
    rng: np.random.Generator,
    statistic: Callable[..., NDArray[np.float64]] = np.mean,
) -> Interval | None:
    """Return the bias-corrected and accelerated interval (Efron, 1987).

    Args:
        values: one value an episode.
        rng: draws the resamples.
        statistic: what is estimated, a function of an array and its `axis`.

    Returns:
        None where fewer than two values, or values that are all alike, tell no spread.
    """
    if len(values) < 2 or are_alike(values):
        return None
    # Only here, since loading it takes longer than a report does.
    from scipy.stats import bootstrap

    found = bootstrap(
        (np.asarray(values, dtype=float),),
        statistic,
        n_resamples=RESAMPLES,
        confidence_level=LEVEL,
        method="BCa",
        rng=rng,
    )
    low, high = found.confidence_interval
    # Where leaving out any one value changes nothing, there is no acceleration to correct by.
    if not np.isfinite([low, high]).all():
        return None
    return Interval(float(low), float(high))


def estimate(
    values: Sequence[float],
    kind: Kind,
    rng: np.random.Generator,
    *,
    sample: bool = True,
    least: float = -math.inf,
    most: float = math.inf,
) -> SampleEstimate:
    """Return a share or a mean with its interval.

    Args:
        values: one value an episode. Those of a share are 0 or 1.
        kind: whether it is a share.
        rng: draws the resamples.
        sample: whether chance had a say. If not, there is nothing to be unsure of.
        least: what a value cannot be below.
        most: what a value cannot be above.
    """
    count = len(values)
    if not values:
        return SampleEstimate(None, None, 0, "none")
    mean = mean_of(values)
    # Shares of several plays of one seed are means themselves, and no counts any more.
    is_count = kind == "share" and all(value in {0.0, 1.0} for value in values)
    iqm = None if kind == "share" else interquartile_mean(values)
    # Plays that could not differ are one play, however often they were made.
    if not sample or count < 2:
        return SampleEstimate(mean, None, count, "none", iqm)
    if is_count:
        interval = clopper_pearson(round(sum(values)), count)
        return SampleEstimate(mean, interval, count, "clopper-pearson")
    if count < FEWEST:
        return _estimate(mean, mean_interval(values, least, most), count, "t", iqm)
    return _estimate(mean, bootstrap_interval(values, rng), count, "bca", iqm)


def _estimate(
    mean: float,
    interval: Interval | None,
    count: int,
    method: Method,
    iqm: float | None,
) -> SampleEstimate:
    """Return an estimate that names its method only where it has an interval."""
    return SampleEstimate(mean, interval, count, method if interval else "none", iqm)
