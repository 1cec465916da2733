"""The arrays that the engine passes around, by the kind of their entries."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Bools = NDArray[np.bool_]
Counts = NDArray[np.int64]
"""How many players of each type are in, a row a coalition."""
Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def as_floats(numbers: ArrayLike) -> Floats:
    """Return numbers as float64, without a copy where they are that already.

    Raises:
        ValueError: an entry is masked, is no number or is too large for a float.
    """
    # What stands under a mask is a filler that nobody meant as a value.
    if np.ma.is_masked(numbers):
        masked = int(np.ma.getmaskarray(np.ma.asarray(numbers)).sum())
        raise ValueError(
            f"{masked} values are masked, so they are missing; fill them in, or leave these "
            "coalitions out and give a default"
        )
    try:
        return np.asarray(numbers, dtype=np.float64)
    except OverflowError as error:
        raise ValueError(
            "a value is too large: the largest number there is is 1.8e308. Measure v in a larger "
            "unit"
        ) from error
