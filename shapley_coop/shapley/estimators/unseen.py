"""What an estimate owes to the coalitions that nobody asked for."""

from dataclasses import replace

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

_NEGLIGIBLE = 1e-6  # of the spread: no sample tells a value so well


def with_unseen_error(estimate: Estimate, data: Evaluations) -> Estimate:
    """Return the estimate with an error bar where a sample left none, both normalised.

    Only a game whose every coalition is known has exact values.
    """
    if data.complete:
        return estimate
    pairs = (len(data) - 2) / 2
    return replace(estimate, stderr=unseen_error(estimate.stderr, data.spread, pairs))


def unseen_error(stderr: Floats, spread: float, agreeing: float) -> Floats:
    """Return the error bars of a sample, and where they are nothing what it cannot have seen.

    All of it may agree with a simple game and the rest not. Of m pairs that agree, the next one
    does not with a chance of 1 / (m + 2) (Laplace's rule of succession, 1774). As many of all
    pairs may be off by as much as an odd value can be, which is half the spread of the values.
    Where all known values are alike there is no scale to say an error in, and it stays 0.
    """
    unseen = spread / 2 / (agreeing + 2)
    return np.where(stderr <= _NEGLIGIBLE * spread, unseen, stderr)
