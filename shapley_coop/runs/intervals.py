"""Confidence intervals of proportions and means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist, fmean, stdev
from typing import NamedTuple

LEVEL = 0.95
"""How often an interval is to hold what it estimates."""
_UPPER = (1 + LEVEL) / 2


class Interval(NamedTuple):
    """A range that holds the estimated quantity with 95 percent confidence."""

    low: float
    high: float


def wilson(successes: int, n: int) -> Interval:
    """Return the score interval of a proportion (Wilson, 1927), for n > 0."""
    z = NormalDist().inv_cdf(_UPPER)
    share = successes / n
    scale = 1 + z * z / n
    centre = (share + z * z / (2 * n)) / scale
    variance = share * (1 - share) / n + z * z / (4 * n * n)
    half = z * math.sqrt(variance) / scale
    # At 0 and n successes the ends are exact, and rounding must not move them off 0 and 1.
    low = 0.0
    high = 1.0
    if successes > 0:
        low = max(0.0, centre - half)
    if successes < n:
        high = min(1.0, centre + half)
    return Interval(low, high)


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Return Student's t interval of a mean, or None if there are fewer than two values."""
    if len(values) < 2:
        return None
    error = stdev(values) / math.sqrt(len(values))
    half = t_quantile(len(values) - 1) * error
    mean = fmean(values)
    return Interval(mean - half, mean + half)


@cache
def t_quantile(freedom: int) -> float:
    """Return t with P(|T| <= t) = 0.95 for `freedom` degrees of freedom."""
    # Imported late because scipy takes longer to load than a report of one episode to make.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, _UPPER))
