"""The unit and the origin of a game: what makes results depend on neither.

Values in cents or in millions, of a firm with or without its fixed costs, are one game in two
units. So tolerances, programs and squares work on values less v(empty), divided by a power of two
that brings their spread near 1. Both steps are exact but for the rounding of one subtraction.
"""

from math import frexp, isfinite, ldexp
from typing import NamedTuple

import numpy as np

from shapley_coop.shapley.arrays import Floats

STRUCTURE = 1e-9
"""What counts as equal when a game is tested for structure, as a part of its spread."""
_GRAIN = 1e-12  # of the spread: computed values that are closer are equal
# Two numbers that are equal but for their own rounding differ by no more of the larger.
_GIVEN = 2 * float(np.finfo(np.float64).eps)


class Unit(NamedTuple):
    """How values of a game are brought to a spread of 1/2 to 1 above an origin of 0."""

    origin: float = 0.0
    """v(empty), in the unit that was given."""
    exponent: int = 0
    """Values are divided by this power of two."""
    largest: float = 0.0
    """The value of greatest magnitude, in the unit that was given."""

    @property
    def rounding(self) -> float:
        """Return what normalised values may differ by for the rounding of what was given."""
        return ldexp(_GIVEN * abs(self.largest), -self.exponent)

    @property
    def grain(self) -> float:
        """Return up to what difference two normalised values are one and the same value."""
        return max(_GRAIN, self.rounding)

    def slack(self, values: Floats, tolerance: float) -> float:
        """Return by how much normalised values may break a condition that they meet.

        Args:
            values: all normalised values of the game.
            tolerance: a part of the largest of them.
        """
        return tolerance * float(np.abs(values).max()) + self.rounding

    def normalise(self, values: Floats) -> Floats:
        """Return values of the game in this unit, where nobody is worth 0."""
        # Scaled first, since the difference of two large values may be too large for a float.
        shifted = np.ldexp(values, -self.exponent) - ldexp(self.origin, -self.exponent)
        return np.asarray(shifted)

    def scale(self, differences: Floats) -> Floats:
        """Return differences of values in this unit.

        Raises:
            ValueError: one is so much larger than the spread that it has no float here.
        """
        with np.errstate(over="ignore"):
            scaled = np.ldexp(differences, -self.exponent)
        if not np.isfinite(scaled).all():
            largest = float(np.abs(differences).max())
            raise ValueError(
                f"{largest:g} is too large beside values that differ by up to "
                f"{ldexp(1.0, self.exponent):g}"
            )
        return np.asarray(scaled)

    def scale_one(self, difference: float) -> float:
        """Return one difference of values in this unit.

        Raises:
            ValueError: as `scale`.
        """
        return float(self.scale(np.array(difference)))

    def restore(self, differences: Floats) -> Floats:
        """Return differences of values in the unit that was given.

        Raises:
            ValueError: one that is finite here is too large for a float there.
        """
        with np.errstate(over="ignore"):
            restored = np.ldexp(differences, self.exponent)
        if (np.isinf(restored) & np.isfinite(differences)).any():
            raise too_large(self.largest, "coalition value")
        return np.asarray(restored)

    def restore_one(self, difference: float) -> float:
        """Return one difference of values in the unit that was given.

        Raises:
            ValueError: as `restore`.
        """
        return float(self.restore(np.array(difference)))


def equal_between(low: float, high: float) -> float:
    """Return up to what difference values from `low` to `high` count as equal.

    It grows with their spread, and with the rounding of numbers as large as they are.
    """
    return STRUCTURE * (high - low) + _GIVEN * max(abs(low), abs(high))


def too_large(number: float, noun: str) -> ValueError:
    """Return the error that says that what follows from a number is no float any more."""
    return ValueError(
        f"a {noun} of {number:g} is too large: what follows from it exceeds 1.8e308, the largest "
        "number there is. Measure v in a larger unit"
    )


def unit_between(low: float, high: float, origin: float) -> Unit:
    """Return the unit of values from `low` to `high`, all of them finite."""
    spread = high - low
    extra = 0
    if not isfinite(spread):
        # Half of the difference of two floats is always a float.
        spread, extra = high / 2 - low / 2, 1
    _, exponent = frexp(spread)
    largest = max(low, high, key=abs)
    return Unit(origin, exponent + extra, largest)


def unit_of(values: Floats, origin: float) -> Unit:
    """Return the unit of some finite values of a game, of which v(empty) is `origin`."""
    low = min(float(values.min()), origin)
    high = max(float(values.max()), origin)
    return unit_between(low, high, origin)
