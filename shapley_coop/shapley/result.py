"""The record of an estimate: values, error bars, what it cost and how it was made."""

from dataclasses import dataclass, replace
from math import erf, sqrt

import numpy as np

from shapley_coop.shapley.arrays import Floats


def normal_width(level: float) -> float:
    """Return z such that a standard normal lies within +-z with this chance; by bisection.

    Raises:
        ValueError: the level is not strictly between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"a confidence level lies between 0 and 1; got {level}")
    low, high = 0.0, 9.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if erf(middle / sqrt(2)) < level else (low, middle)
    return (low + high) / 2


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Estimated Shapley values of n players."""

    values: Floats
    """Length n, in the unit of v."""
    stderr: Floats
    """Standard error (or posterior deviation) of each value; 0 where exact."""
    evaluations: int
    """Draws of v paid for, the empty and the grand coalition included."""
    method: str
    reason: str
    """Why this method, and what was found on the way."""
    empty: float
    grand: float
    noise_stderr: Floats
    """The part of `stderr` that comes from the game's own noise."""
    noise: float = 0.0
    """Standard deviation of one draw of v, where it was measured; else 0."""

    @property
    def residual(self) -> float:
        """Return the sum of the values - (v(N) - v(empty)); not 0 only under noise."""
        return float(self.values.sum()) - (self.grand - self.empty)

    @property
    def sampling_stderr(self) -> Floats:
        """Return the part of `stderr` that more coalitions, not more draws, would remove."""
        return np.sqrt(np.maximum(self.stderr**2 - self.noise_stderr**2, 0.0))

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return lower and upper ends of an interval for each value."""
        z = normal_width(level)
        return self.values - z * self.stderr, self.values + z * self.stderr

    def ranking_confidence(self) -> float:
        """Return the least chance, over neighbours in the ranking, that their order is right."""
        order = np.argsort(-self.values)
        gaps = -np.diff(self.values[order])
        spread = np.sqrt(self.stderr[order][1:] ** 2 + self.stderr[order][:-1] ** 2)
        chances = [
            0.5 * (1 + erf(gap / (s * sqrt(2)))) if s > 0 else 1.0
            for gap, s in zip(gaps.tolist(), spread.tolist(), strict=True)
        ]
        return min(chances, default=1.0)

    def because(self, reason: str) -> "Estimate":
        """Return the same estimate with a reason put in front."""
        return replace(
            self, reason=f"{reason}; {self.reason}" if self.reason else reason
        )
