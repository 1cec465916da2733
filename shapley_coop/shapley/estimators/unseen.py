"""What an estimate owes to the coalitions that nobody asked for."""

from dataclasses import replace

import numpy as np

from shapley_coop.shapley.evaluations import Evaluations
from shapley_coop.shapley.result import Estimate

_NEGLIGIBLE = 1e-6  # of the spread: no sample tells a value so well


def with_unseen_error(estimate: Estimate, data: Evaluations) -> Estimate:
    """Return the estimate with an error bar where a sample left none, both normalised.

    All known coalitions may agree with a simple game and others not, so only a game whose every
    coalition is known has exact values. Of m pairs that agree, the next one does not with a
    chance of 1 / (m + 2) (Laplace's rule of succession, 1774). As many of all pairs may be off
    by as much as an odd value can be, which is half the spread of the game. Where all known
    values are alike there is no scale to say an error in, and it stays 0.
    """
    if data.complete:
        return estimate
    pairs = (len(data) - 2) / 2
    half_spread = data.spread / 2
    unseen = half_spread / (pairs + 2)
    no_error = estimate.stderr <= _NEGLIGIBLE * data.spread
    return replace(estimate, stderr=np.where(no_error, unseen, estimate.stderr))
