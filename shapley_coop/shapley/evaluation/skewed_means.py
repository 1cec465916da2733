"""How wide an interval of a mean has to be whose draws are skewed, in degrees of freedom.

What is worth something in one draw of seven has a mean whose few draws say too little of how far it
may be off: Student's 95 % intervals of 16 such draws hold the truth 85 times in 100.
"""

from __future__ import annotations

import math

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.result import student_width

_LEVEL = 0.95
_UPPER = 0.975
"""Of intervals that hold 95 %, the share below their upper end."""


def freedom_of_means(samples: Floats) -> Floats:
    """Return the degrees of freedom of the standard errors of n means of m samples.

    There are m - 1 of them, fewer where samples are skewed: then Student's interval is as wide as
    the longer side of one that is corrected for skewness, t + |skewness| (1 + 2 t^2) / (6 sqrt(m))
    (Johnson, 1978; Hall, 1992).

    Args:
        samples: n x m, at least 2 of each.
    """
    from scipy.special import stdtridf

    m = samples.shape[1]
    usual = np.full(len(samples), m - 1.0)
    deviations = samples - samples.mean(axis=1, keepdims=True)
    variance = (deviations**2).mean(axis=1)
    # What is rounding alone has no shape.
    varies = variance > 1e-24 * (samples**2).mean(axis=1)
    skewness = np.zeros(len(samples))
    third = (deviations**3).mean(axis=1)
    np.divide(np.abs(third), variance**1.5, out=skewness, where=varies)
    width = student_width(usual, _LEVEL)
    wide = width + skewness * (1 + 2 * width**2) / (6 * math.sqrt(m))
    freedom = np.where(skewness > 0, stdtridf(_UPPER, wide), usual)
    return np.clip(freedom, 1.0, usual)
