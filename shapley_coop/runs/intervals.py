"""Confidence intervals of proportions and means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from statistics import NormalDist, fmean, stdev

Interval = tuple[float, float]


_LEVEL = 0.95


def wilson(successes: int, n: int) -> Interval:
    """Return the 95 percent score interval of a proportion (Wilson, 1927), for n > 0."""
    z = NormalDist().inv_cdf((1 + _LEVEL) / 2)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = (
        z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    )
    low = max(0.0, centre - half) if successes else 0.0
    return low, min(1.0, centre + half) if successes < n else 1.0


def mean_interval(values: Sequence[float]) -> Interval | None:
    """Return the 95 percent t interval of a mean, or None below two values."""
    if len(values) < 2:
        return None
    half = t_quantile(len(values) - 1) * stdev(values) / math.sqrt(len(values))
    mean = fmean(values)
    return mean - half, mean + half


@cache
def t_quantile(freedom: int) -> float:
    """Return t with P(|T| <= t) = 0.95 for `freedom` degrees of freedom, to 1e-9, by bisection.

    Above 1,000 degrees the normal quantile serves: it is within 0.0025 there.
    """
    low, high = 0.0, 13.0
    if freedom > 1000:
        return NormalDist().inv_cdf((1 + _LEVEL) / 2)
    while high - low > 1e-9:
        middle = (low + high) / 2
        if _within(middle, freedom) < _LEVEL:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _within(t: float, freedom: int) -> float:
    """Return P(|T| <= t): the finite series of Abramowitz and Stegun (1964), 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(3 if odd else 2, freedom - 1, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2 / math.pi * (angle + sine * total) if odd else sine * total
