"""Drawing the parts of a task from a seed."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from string import Template
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Draw:
    """Draws plain Python values, the same ones for the same family and seed."""

    def __init__(self, family: str, seed: int) -> None:
        self.rng = np.random.default_rng([seed, zlib.crc32(family.encode())])
        self.seed = seed

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return int(self.rng.integers(low, high + 1))

    def one(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self.whole(0, len(options) - 1)]

    def turn(self, options: Sequence[T]) -> T:
        """Return the option whose turn it is for the seed, so that seeds in a row differ."""
        return options[self.seed % len(options)]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Return different options in an order of chance."""
        places = self.rng.permutation(len(options))[:count]
        return [options[int(place)] for place in places]

    def tenths(self, low: float, high: float) -> float:
        """Return a number with one decimal from low to high."""
        return self.whole(round(low * 10), round(high * 10)) / 10


def fill(template: str, **values: object) -> str:
    """Return a template with `$name` replaced by each value. A name without a value is an error."""
    return Template(template).substitute(values).strip("\n") + "\n"
