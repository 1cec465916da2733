"""What a population of entrants becomes if those who earn more have more offspring."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_STEPS = 20_000
_PACE = 0.1
_STILL = 1e-7
_NO_GAIN = 1e-3
"""In units of the spread of payoffs."""


class Population(NamedTuple):
    """Where replicator dynamics lead from equal shares."""

    shares: tuple[float, ...]
    """The share of each entrant in the end."""
    settled: bool
    """Whether shares had come to rest. If not, they may go round for ever."""


def replicate(payoffs_KK: NDArray[np.float64]) -> Population:
    """Return where replicator dynamics lead (Taylor and Jonker, 1978).

    A share grows at the rate by which what it earns against the population exceeds the mean.

    Args:
        payoffs_KK: what the entrant of a row earns where it meets that of a column.
    """
    count = len(payoffs_KK)
    spread = float(payoffs_KK.max() - payoffs_KK.min())
    shares_K = np.full(count, 1 / count)
    if spread <= 0:
        return Population(tuple(shares_K.tolist()), settled=True)
    # Payoffs in units of their spread, so that one pace fits every game.
    scaled_KK = (payoffs_KK - payoffs_KK.min()) / spread
    for _ in range(_STEPS):
        # Everybody meets the population as it is, itself included.
        fitness_K = scaled_KK @ shares_K
        gains_K = fitness_K - shares_K @ fitness_K
        change_K = shares_K * gains_K
        shares_K = shares_K + _PACE * change_K
        shares_K /= shares_K.sum()
        # Where somebody rare could gain, shares stand nearly still and move on all the same.
        if np.abs(change_K).max() < _STILL and gains_K.max() < _NO_GAIN:
            return Population(tuple(shares_K.tolist()), settled=True)
    return Population(tuple(shares_K.tolist()), settled=False)
