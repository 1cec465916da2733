"""The one cache of coalition values, where repeated draws of v(S) are counted and pooled."""

from collections.abc import Iterator, Sequence
from math import isfinite, nan, sqrt
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, players


class Repeats(NamedTuple):
    """What more than one draw of a coalition's value came to, beside their mean."""

    number: int
    squares: float
    """Sum of squared deviations from the mean."""


_ONCE = Repeats(1, 0.0)


def end_masks(n: int) -> dict[str, int]:
    """Return the masks of the empty and the grand coalition, by what messages call them."""
    return {"empty": 0, "N": full(n)}


class Evaluations:
    """Values of coalitions as they come in, by mask."""

    def __init__(self, n: int) -> None:
        self.n = n
        self._end = 1 << n
        """The least number that is no mask."""
        self.total = 0
        self.excluded: set[int] = set()
        """Coalitions whose evaluation failed for good. Estimators leave them out."""
        self._means: dict[int, float] = {}
        self._repeats: dict[int, Repeats] = {}

    def copy(self) -> "Evaluations":
        """Return what is known now, untouched by what comes in later."""
        other = Evaluations(self.n)
        other.total = self.total
        other.excluded = set(self.excluded)
        other._means = dict(self._means)
        other._repeats = dict(self._repeats)
        return other

    def add(self, mask: int, value: float) -> None:
        """Record one draw of v(S).

        Raises:
            ValueError: the value is not finite, or the mask has players beyond n.
        """
        if not isfinite(value):
            raise ValueError(
                f"v of players {players(mask)} is {value}; a coalition value is a finite number. "
                "Raise an exception in the evaluator where there is no value"
            )
        if not 0 <= mask < self._end:
            raise ValueError(
                f"mask {mask} has players beyond the {self.n} of this game"
            )
        self.total += 1
        if mask not in self._means:
            self._means[mask] = value
            return
        # The running mean and sum of squares of Welford (1962), which lose no digits to cancelling.
        before, repeats = self._means[mask], self._repeats.get(mask, _ONCE)
        number = repeats.number + 1
        step = value - before
        mean = before + step / number
        self._means[mask] = mean
        self._repeats[mask] = Repeats(number, repeats.squares + step * (value - mean))

    def __contains__(self, mask: int) -> bool:
        return mask in self._means

    def __len__(self) -> int:
        return len(self._means)

    def __iter__(self) -> Iterator[int]:
        return iter(self._means)

    def __getitem__(self, mask: int) -> float:
        return self._means[mask]

    def values(self, masks: Sequence[int]) -> Floats:
        """Return the values of these coalitions, each of which is known."""
        return np.array([self._means[mask] for mask in masks])

    def count(self, mask: int) -> int:
        """Return how often a coalition was drawn."""
        if mask not in self._means:
            return 0
        return self._repeats.get(mask, _ONCE).number

    def noise(self) -> tuple[float, int]:
        """Return the pooled variance of one draw and its degrees of freedom.

        The variance is NaN where no coalition was drawn twice.
        """
        freedom = sum(draws.number - 1 for draws in self._repeats.values())
        squares = sum(draws.squares for draws in self._repeats.values())
        if not freedom:
            return nan, 0
        return squares / freedom, freedom

    def ends(self) -> tuple[float, float]:
        """Return v(empty) and v(N).

        Raises:
            ValueError: one of them was not evaluated, so there is nothing to share out.
        """
        ends = end_masks(self.n)
        missing = [f"v({name})" for name, mask in ends.items() if mask not in self]
        if missing:
            raise ValueError(f"{' and '.join(missing)} has no value; evaluate it again")
        return self[0], self[full(self.n)]

    def ends_stderr(self, noise: float) -> float:
        """Return the standard error of v(N) - v(empty) under a noise variance of one draw."""
        empty, grand = self.count(0), self.count(full(self.n))
        return sqrt(noise * (1 / empty + 1 / grand))

    def table(self) -> Floats | None:
        """Return all 2^n mean values in index order, or None where one is missing."""
        if len(self) < self._end:
            return None
        return np.array([self[mask] for mask in range(self._end)])
