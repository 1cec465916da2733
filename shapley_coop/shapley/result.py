"""The record of an estimate: values, error bars, what it cost and how it was made."""

from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np

from shapley_coop.shapley.arrays import Floats


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
        width = normal_width(level) * self.stderr
        return self.values - width, self.values + width

    def ranking_confidence(self) -> float:
        """Return the least chance, over neighbours in the ranking, that their order is right."""
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
        least = 1.0
        for gap, spread in zip(gaps.tolist(), spreads.tolist(), strict=True):
            # Without spread both values are exact, and so is their order.
            if spread > 0:
                least = min(least, NormalDist().cdf(gap / spread))
        return least

    def because(self, reason: str) -> "Estimate":
        """Return the same estimate with a reason put in front."""
        if self.reason:
            reason = f"{reason}; {self.reason}"
        return replace(self, reason=reason)
