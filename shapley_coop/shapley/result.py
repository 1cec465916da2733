"""The record of an estimate: values, error bars, what it cost and how it was made."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import inf
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats, Ints

_EQUAL = 1e-9
"""Exact values that differ by less, as a part of the largest, are equal but for rounding."""
_AS_NORMAL = 1e6
"""Degrees of freedom from which on Student's t (1908) is normal to all digits that matter."""


def normal_width(level: float) -> float:
    """Return the z such that a standard normal lies within +-z with this chance.

    Raises:
        ValueError: the level is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1; got {level}")
    # The lower tail keeps its digits where a level close to 1 would round the upper one to 1.
    tail = (1 - level) / 2
    return -NormalDist().inv_cdf(tail)


class CoalitionWeights(NamedTuple):
    """How much the mean of each coalition counts in the Shapley value of each player."""

    masks: tuple[int, ...]
    """k coalitions."""
    matrix: Floats
    """n x k."""


def student_width(freedom: Floats, level: float) -> Floats:
    """Return the z such that a Student's t lies within +-z with this chance, for each freedom.

    Raises:
        ValueError: the level is not strictly between 0 and 1.
    """
    widths = np.full(freedom.shape, normal_width(level))
    few = freedom < _AS_NORMAL
    if few.any():
        # Imported late, since scipy takes longer to load than most of what stands here to run.
        from scipy.special import stdtrit

        widths[few] = -stdtrit(freedom[few], (1 - level) / 2)
    return widths


def student_chance(value: float, freedom: float) -> float:
    """Return the chance that a Student's t is below a value."""
    if freedom >= _AS_NORMAL:
        return NormalDist().cdf(value)
    from scipy.special import stdtr

    return float(stdtr(freedom, value))


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Estimated Shapley values of n players."""

    values: Floats
    """Length n, in the unit of v."""
    stderr: Floats
    """Standard error (or posterior deviation) of each value. It is 0 where the value is exact."""
    evaluations: int
    """Draws of v paid for, the empty and the grand coalition included."""
    method: str
    reason: str
    """Why this method, and what was found on the way."""
    empty: float
    """v(empty)."""
    grand: float
    """v(N)."""
    noise_stderr: Floats
    """The part of `stderr` that comes from the game's own noise."""
    noise: float = 0.0
    """Standard deviation of one draw of v, or 0 where it was not measured."""
    covariance: Floats | None = None
    """n x n, of the errors of the values. None where they are taken to be independent."""
    freedom: Floats | None = None
    """Degrees of freedom of each standard error. None where these are taken to be certain."""
    weights: CoalitionWeights | None = None
    """The sums of coalitions' means that the values are. None where they are no such sums, or too
    many coalitions were asked to tell."""

    @property
    def residual(self) -> float:
        """Return the sum of the values - (v(N) - v(empty)), which only noise moves from 0."""
        return float(self.values.sum()) - (self.grand - self.empty)

    @property
    def sampling_stderr(self) -> Floats:
        """Return the part of `stderr` that more coalitions, not more draws, would remove."""
        variance = self.stderr**2 - self.noise_stderr**2
        return np.sqrt(np.maximum(variance, 0.0))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper ends of an interval for each value."""
        width = self.half_widths(level)
        return self.values - width, self.values + width

    def half_widths(self, level: float = 0.95) -> Floats:
        """Return how far the interval of each value reaches to each side."""
        if self.freedom is None:
            return normal_width(level) * self.stderr
        return student_width(self.freedom, level) * self.stderr

    def ranking_confidence(self) -> float:
        """Return the least chance, over neighbours in the ranking, that their order is right.

        It is 1/2 where two exact values are equal, since neither order is right.
        """
        order = np.argsort(-self.values)
        gaps = -np.diff(self.values[order])
        covariance = self.covariance
        if covariance is None:
            covariance = np.diag(self.stderr**2)
        errors = covariance[np.ix_(order, order)]
        variance = np.diag(errors)
        shared = np.diag(errors, k=1)
        # Rounding may leave a variance of 0 a little below it.
        spreads = np.sqrt(np.maximum(variance[1:] + variance[:-1] - 2 * shared, 0.0))
        freedom = self._freedom_of_neighbours(order)
        least = 1.0
        for gap, spread, few in zip(gaps, spreads, freedom, strict=True):
            if spread > 0:
                chance = student_chance(float(gap / spread), float(few))
            else:
                # Without spread both values are exact, and so is their order, if they have one.
                chance = 1.0 if gap > self._rounding else 0.5
            least = min(least, chance)
        return least

    @property
    def _rounding(self) -> float:
        """Up to what difference two exact values are equal."""
        return _EQUAL * float(np.abs(self.values).max(initial=0.0))

    def ties(self) -> list[tuple[int, int]]:
        """Return the neighbours in the ranking whose values are exact and equal."""
        order = np.argsort(-self.values, kind="stable").tolist()
        pairs = []
        for one, other in pairwise(order):
            is_exact = self.stderr[one] == self.stderr[other] == 0
            if is_exact and self.values[one] - self.values[other] <= self._rounding:
                pairs.append((one, other))
        return pairs

    def _freedom_of_neighbours(self, order: Ints) -> Floats:
        """Return the degrees of freedom of the differences of neighbours, of length n - 1."""
        if self.freedom is None:
            return np.full(max(len(order) - 1, 0), inf)
        freedom = self.freedom[order]
        return np.minimum(freedom[1:], freedom[:-1])

    def because(self, reason: str) -> "Estimate":
        """Return the same estimate with a reason put in front."""
        if self.reason:
            reason = f"{reason}; {self.reason}"
        return replace(self, reason=reason)
