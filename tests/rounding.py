"""How far two ways of computing one number may differ, from the size of what they add up.

A sum of numbers up to `size` rounds once an addition, by at most half a unit in the last place
of a number of this size. Which way depends on the order of the additions, and that differs from
processor to processor: vector units add several numbers at once, and libraries of linear algebra
choose their blocks by the size of the cache.
"""

import numpy as np


def rounding(size: float, additions: int) -> float:
    """Return the largest error of so many additions of numbers up to this size."""
    return additions * size * float(np.finfo(np.float64).eps)
