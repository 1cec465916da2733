"""Payoffs and prices as whole numbers of one decimal unit, so that they compare exactly.

Nobody writes 0.1 + 0.2 where 0.3 is meant, but programs do. A number of more than 15 digits, which
a decimal and back through a float would not survive, is taken for the result of a calculation,
and what hangs on it is compared with some slack.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

DIGITS = 15
"""Digits of a decimal that a float keeps (IEEE 754, double precision)."""
_MOST_WHOLE = 2**62

Units = NDArray[Any]
"""Whole numbers: of 64 bits where sums of them fit, else of Python's unbounded kind."""


class PayoffTable(NamedTuple):
    """Payoffs in whole units."""

    units: Units
    """(cells, n) payoffs."""
    decimals: int
    """A unit is 10^-decimals of reward."""
    exact: bool
    """Whether every payoff is what somebody wrote, and none the result of a calculation."""


def is_written(value: float) -> bool:
    """Return whether a number has at most 15 digits, so that it can be exactly what was meant."""
    return float(f"{value:.{DIGITS}g}") == value


def as_decimal(value: float) -> Decimal:
    """Return a number as the decimal of at most 15 digits that was meant."""
    return Decimal(f"{value:.{DIGITS}g}")


def decimals_of(values: Iterable[Decimal]) -> int:
    """Return how many decimals write every one of some numbers, 0 for none."""
    most = 0
    for value in values:
        exponent = value.normalize().as_tuple().exponent
        assert isinstance(exponent, int)
        most = max(most, -exponent)
    return most


def whole(value: Decimal, decimals: int) -> int:
    """Return a number in units of 10^-decimals, which it must be a multiple of."""
    sign, digits, exponent = value.normalize().as_tuple()
    assert isinstance(exponent, int)
    size: int = int("".join(map(str, digits))) * 10 ** (exponent + decimals)
    return -size if sign else size


def unit_table(payoffs: NDArray[np.float64]) -> PayoffTable:
    """Return payoffs in the largest unit that holds all of them.

    Args:
        payoffs: (cells, n) payoffs in reward.
    """
    columns = [np.unique(column, return_inverse=True) for column in payoffs.T]
    exact = True
    known: list[list[Decimal]] = []
    for values, _ in columns:
        numbers = values.tolist()
        if not all(map(is_written, numbers)):
            exact = False
            numbers = _rounded(numbers)
        known.append([as_decimal(number) for number in numbers])
    decimals = decimals_of(number for numbers in known for number in numbers)
    rows = [[whole(number, decimals) for number in numbers] for numbers in known]
    largest = max(abs(number) for row in rows for number in row)
    units: Units = np.empty(payoffs.shape, whole_kind(largest, payoffs.shape[1]))
    for player, (_, places) in enumerate(columns):
        units[:, player] = np.array(rows[player], units.dtype)[places.reshape(-1)]
    return PayoffTable(units, decimals, exact)


def _rounded(numbers: list[float]) -> list[float]:
    """Return calculated payoffs of one player with 15 digits of the greatest."""
    largest = max(map(abs, numbers))
    decimals = DIGITS - 1 - math.floor(math.log10(largest))
    return [round(number, decimals) for number in numbers]


def whole_kind(largest: int, players: int) -> type:
    """Return the type of whole numbers that holds sums and differences over all players."""
    return np.int64 if 2 * largest * (players + 1) < _MOST_WHOLE else object


def in_reward(units: int, decimals: int) -> float:
    """Return whole units as an amount of reward."""
    # A quotient of Python's whole numbers is rounded once, however large they are.
    amount: float = int(units) / 10**decimals
    return amount


def price_of(units: int, decimals: int) -> float:
    """Return the least price of at most 15 digits that is worth so many units or more."""
    surplus = len(str(units)) - DIGITS
    if surplus > 0:
        step = 10**surplus
        units = -(-units // step) * step
    return in_reward(units, decimals)
