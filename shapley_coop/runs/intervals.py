"""Confidence intervals of proportions and means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from statistics import NormalDist, fmean
from statistics import variance as sample_variance
from typing import NamedTuple

LEVEL = 0.95
"""How often an interval is to hold what it estimates."""
ROUNDING = 1e-12
"""What values may differ by for rounding alone, as a part of the largest of them."""
NEGLIGIBLE = 1e-9
"""A standard error below it comes from rounding alone: money moves in steps of 1e-6."""
SQUARABLE = 1e100
"""Values up to which squares of values, and their sums, are numbers that a float can hold."""
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


def clopper_pearson(successes: int, n: int) -> Interval:
    """Return the exact interval of a share (Clopper and Pearson, 1934), for n > 0.

    It holds the true share at least 95 times of 100, for every share and every n.
    """
    # Imported late because scipy takes longer to load than a report of one episode to make.
    from scipy.special import betaincinv

    # Half of what an interval may miss lies on either side.
    tail = 1 - _UPPER
    low = 0.0
    high = 1.0
    if successes > 0:
        low = float(betaincinv(successes, n - successes + 1, tail))
    if successes < n:
        high = float(betaincinv(successes + 1, n - successes, _UPPER))
    return Interval(low, high)


class Precision(NamedTuple):
    """How well the value of one episode is known."""

    stderr: float | None
    """Its standard error, 0 where it is exact. None where one draw of chance cannot tell it."""
    draws: int | None = None
    """The draws of chance that the error was told from. None means more than matter."""
    freedom: float | None = None
    """Degrees of freedom of the error. None means one less than the draws."""
    shared: bool = False
    """Whether it is the same error in every episode, so that more of them know no better."""


EXACT = Precision(0.0)


class MeanError(NamedTuple):
    """How far the mean of some episodes may be from what it estimates."""

    stderr: float
    """One standard error of the mean."""
    freedom: float
    """Degrees of freedom of that error. Infinite where it is known for sure."""

    def interval(self, mean: float) -> Interval:
        """Return Student's t interval around the mean."""
        half = t_quantile(self.freedom) * self.stderr
        return Interval(mean - half, mean + half)

    @property
    def is_finite(self) -> bool:
        """Whether an interval can be told with it."""
        return math.isfinite(t_quantile(self.freedom) * self.stderr)


def sum_of(values: Iterable[float]) -> float:
    """Return the sum of values: infinite if no float can hold it."""
    amounts = list(values)
    try:
        return math.fsum(amounts)
    except OverflowError:
        return sum(amounts)


def mean_of(values: Sequence[float]) -> float:
    """Return the mean of values, however large they are."""
    try:
        return fmean(values)
    except OverflowError:
        # Their sum is no number that a float can hold, and their mean is one.
        scale = max(map(abs, values))
        return scale * fmean(value / scale for value in values)


def error_of_mean(
    values: Sequence[float], precisions: Sequence[Precision]
) -> MeanError | None:
    """Return the standard error of a mean over episodes, or None where nothing tells it.

    It holds everything that chance does. Errors that all episodes share stay as they are. The rest
    is told by how far episodes differ, and by their own errors where these say more: two episodes
    may come out alike by luck. Degrees of freedom follow Welch (1947).

    Args:
        values: one value an episode, at least one.
        precisions: how well each of them is known.
    """
    errors = [known.stderr or 0.0 for known in precisions]
    largest = max(map(abs, (*values, *errors)))
    if largest > SQUARABLE:
        return _error_of_large(values, precisions, largest)
    own = _own_part(precisions)
    spread = _spread_part(values)
    # Where errors are not known, episodes that came out alike are luck and no certainty.
    if own is None and (spread is None or not spread.variance):
        return None
    independent = [part for part in (own, spread) if part is not None]
    widest = max(independent, key=lambda part: part.variance)
    parts = [_shared_part(precisions), widest]
    variance = math.fsum(part.variance for part in parts)
    if variance < NEGLIGIBLE**2:
        return MeanError(0.0, math.inf)
    # Welch and Satterthwaite: parts weigh by how much of the variance is theirs.
    weights = math.fsum(part.variance**2 / part.freedom for part in parts)
    freedom = variance**2 / weights if weights > 0 else math.inf
    return MeanError(math.sqrt(variance), freedom)


def _error_of_large(
    values: Sequence[float], precisions: Sequence[Precision], scale: float
) -> MeanError | None:
    """Return the error of a mean of values whose squares no float can hold."""
    smaller = [value / scale for value in values]
    known = []
    for precision in precisions:
        stderr = precision.stderr
        if stderr is not None:
            stderr /= scale
        known.append(precision._replace(stderr=stderr))
    error = error_of_mean(smaller, known)
    return None if error is None else error._replace(stderr=error.stderr * scale)


class _Part(NamedTuple):
    """A variance, and how well it is known itself."""

    variance: float
    freedom: float


def _freedom(precision: Precision) -> float:
    if precision.freedom is not None:
        return max(1.0, precision.freedom)
    return math.inf if precision.draws is None else max(1, precision.draws - 1)


def _shared_part(precisions: Sequence[Precision]) -> _Part:
    """Return what errors that are the same in every episode add to the mean."""
    shared = [known for known in precisions if known.shared and known.stderr]
    if not shared:
        return _Part(0.0, math.inf)
    error = math.fsum(known.stderr or 0.0 for known in shared) / len(precisions)
    return _Part(error**2, min(map(_freedom, shared)))


def _own_part(precisions: Sequence[Precision]) -> _Part | None:
    """Return what errors of single episodes add to the mean. None if one of them is not known."""
    parts = []
    for known in precisions:
        if known.stderr is None:
            return None
        if not known.shared:
            share = known.stderr / len(precisions)
            parts.append(_Part(share**2, _freedom(known)))
    variance = math.fsum(part.variance for part in parts)
    weights = math.fsum(part.variance**2 / part.freedom for part in parts)
    return _Part(variance, variance**2 / weights if weights > 0 else math.inf)


def _spread_part(values: Sequence[float]) -> _Part | None:
    """Return how far episodes differ, which one of them alone cannot tell."""
    if len(values) < 2:
        return None
    freedom = len(values) - 1
    # Equal sums that were added up in another order differ by rounding alone.
    largest = max(map(abs, values))
    if max(values) - min(values) <= ROUNDING * largest:
        return _Part(0.0, freedom)
    return _Part(sample_variance(values) / len(values), freedom)


def mean_interval(
    values: Sequence[float], least: float = -math.inf, most: float = math.inf
) -> Interval | None:
    """Return Student's t interval of a mean, or None where the values tell no spread.

    What a value cannot be the mean cannot be either, so cutting that part of an interval off
    loses no confidence.

    Args:
        values: one value an episode. One alone, or several that are all equal, tell no spread.
        least: what a value can be at least.
        most: what a value can be at most.
    """
    error = error_of_mean(values, [EXACT] * len(values)) if values else None
    if error is None or not error.stderr or len(values) < 2:
        return None
    low, high = error.interval(mean_of(values))
    return Interval(max(low, least), min(high, most))


@cache
def t_quantile(freedom: float) -> float:
    """Return t with P(|T| <= t) = 0.95 for `freedom` degrees of freedom, infinite ones too."""
    if math.isinf(freedom):
        return NormalDist().inv_cdf(_UPPER)
    # Imported late because scipy takes longer to load than a report of one episode to make.
    from scipy.special import stdtrit

    return float(stdtrit(freedom, _UPPER))
