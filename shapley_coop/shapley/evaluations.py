"""The one cache of coalition values, where repeated draws of v(S) are counted and pooled."""

from collections.abc import Iterator, Sequence
from math import inf, isfinite, ldexp, nan, sqrt
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import full, players
from shapley_coop.shapley.units import (
    Unit,
    equal_between,
    too_large,
    unit_between,
)


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
    """Values of coalitions as they come in, by mask.

    Estimators are given them as `normalise` returns them, so that no result depends on the unit
    or the origin of a game.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self._end = 1 << n
        """The least number that is no mask."""
        self.total = 0
        self.excluded: set[int] = set()
        """Coalitions whose evaluation failed for good. Estimators leave them out."""
        self.unit = Unit()
        """The unit that the values are in: as given, unless they are normalised."""
        self._means: dict[int, float] = {}
        self._repeats: dict[int, Repeats] = {}
        self._low, self._high = inf, -inf

    def copy(self) -> "Evaluations":
        """Return what is known now, untouched by what comes in later."""
        other = Evaluations(self.n)
        other.total = self.total
        other.excluded = set(self.excluded)
        other.unit = self.unit
        other._means = dict(self._means)
        other._repeats = dict(self._repeats)
        other._low, other._high = self._low, self._high
        return other

    def normalise(self) -> "Evaluations":
        """Return a copy less v(empty) and with a spread near 1, which knows its `unit`.

        Where v(empty) is not known, it is taken for 0.
        """
        if not self._means:
            return self.copy()
        other = Evaluations(self.n)
        other.total = self.total
        other.excluded = set(self.excluded)
        unit = unit_between(self._low, self._high, self._means.get(0, 0.0))
        values = unit.normalise(np.array(list(self._means.values())))
        other._means = dict(zip(self._means, values.tolist(), strict=True))
        other._low, other._high = float(values.min()), float(values.max())
        for mask, repeats in self._repeats.items():
            squares = ldexp(repeats.squares, -2 * unit.exponent)
            other._repeats[mask] = Repeats(repeats.number, squares)
        other.unit = unit
        return other

    @property
    def complete(self) -> bool:
        """Whether every coalition has a value."""
        return len(self) == self._end

    @property
    def spread(self) -> float:
        """How much the largest value is above the least."""
        return self._high - self._low

    @property
    def equal_within(self) -> float:
        """Up to what difference two values count as equal when structure is looked for."""
        # A normalised value may carry more rounding than its own size says.
        return equal_between(self._low, self._high) + self.unit.rounding

    def add(self, mask: int, value: float) -> None:
        """Record one draw of v(S).

        Raises:
            ValueError: the value is not finite, or so large that the square of its difference to
                another draw is not; or the mask has players beyond n.
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
        if mask in self._means:
            self._add_repeat(mask, value)
        else:
            self._means[mask] = value
        self.total += 1
        self._low = min(self._low, value)
        self._high = max(self._high, value)

    def _add_repeat(self, mask: int, value: float) -> None:
        # The running mean and sum of squares of Welford (1962), which lose no digits to cancelling.
        before, repeats = self._means[mask], self._repeats.get(mask, _ONCE)
        number = repeats.number + 1
        step = value - before
        mean = before + step / number
        squares = repeats.squares + step * (value - mean)
        if not isfinite(squares):
            raise too_large(max(value, before, key=abs), "coalition value that varies")
        self._means[mask] = mean
        self._repeats[mask] = Repeats(number, squares)

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
        if not self.complete:
            return None
        return np.array([self[mask] for mask in range(self._end)])
