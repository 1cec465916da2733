"""Amounts as the decimals that were written, in whole numbers of one small unit.

0.7 and 0.2 are 0.9, although their floats sum to less. Where a rule compares sums, that decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

# Whole numbers below this are floats without rounding.
_FLOAT_MAX = 1 << 53


class WholeAmounts(NamedTuple):
    """Amounts in whole numbers of a unit."""

    numbers: NDArray[Any]
    """Of numpy's integers where every sum of them is a float without rounding, else of Python's."""
    per_one: int
    """How many units are 1."""

    def sums(self, counts: NDArray[Any]) -> NDArray[Any]:
        """Return the sum of so many of each amount, for each row of counts."""
        return np.asarray(counts.astype(self.numbers.dtype) @ self.numbers)

    def as_floats(self, units: NDArray[Any]) -> NDArray[np.float64]:
        """Return sums of amounts as the nearest floats."""
        return np.asarray(units / self.per_one, np.float64)


def whole_amounts(amounts: Sequence[float]) -> WholeAmounts:
    """Return finite amounts in the largest unit of which all of them are whole numbers.

    A float stands for the shortest decimal that is read as it, which is what was written.
    """
    fractions = [Fraction(repr(amount)) for amount in amounts]
    per_one = lcm(*[fraction.denominator for fraction in fractions])
    numbers = [int(fraction * per_one) for fraction in fractions]
    total = sum(abs(number) for number in numbers)
    kind = np.int64 if max(total, per_one) < _FLOAT_MAX else object
    return WholeAmounts(np.array(numbers, dtype=kind), per_one)
