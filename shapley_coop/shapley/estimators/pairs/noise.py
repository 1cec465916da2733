"""What is known beforehand of the noise of one draw of v."""

from dataclasses import dataclass

import numpy as np

from shapley_coop.shapley.estimators.pairs.balanced_design import pair_count
from shapley_coop.shapley.estimators.pairs.odd_values import (
    Pairs,
    distinct_values,
)
from shapley_coop.shapley.evaluations import Evaluations

CERTAIN = 1000
"""Degrees of freedom of a variance that is known."""
_COVERAGE = 0.25  # of all pairs: from here on rough residuals are the game's, not noise
_DISTINCT = 0.9  # of the pairs: fewer distinct values speak for a game without noise
_FIRST_GUESS = 0.1  # of the mean square of the odd values
_END_SHARE = 1e-6  # v(N) - v(empty) is shared out as it was measured


@dataclass(frozen=True, slots=True)
class NoisePrior:
    """What repeated draws say of the variance of one draw."""

    variance: float
    freedom: int
    """Degrees of freedom of the variance, 0 for a mere guess."""


def noise_prior(
    data: Evaluations,
    pairs: Pairs,
    noisy: bool | None,
    sigma: float | None,
) -> NoisePrior | None:
    """Return the prior of the noise that a process of these pairs is to learn with.

    `data` is normalised. `noisy` and `sigma` are as in `fit_pairs`. None means that the game is
    taken for deterministic. Where nobody said whether it is, residuals may be treated as
    noise, and then the share of noise of the pair of the ends in `pairs` is set to almost
    nothing.
    """
    if noisy is False:
        return None
    if sigma is not None:
        return NoisePrior(sigma**2, CERTAIN)
    mean_square = float(np.mean(pairs.values**2))
    guess = _FIRST_GUESS * mean_square
    if noisy:
        variance, freedom = data.noise()
        # No degree of freedom gives a variance of NaN, and equal draws one of 0.
        measured = freedom if variance > 0 else 0
        return NoisePrior(variance if measured else guess, measured)
    all_pairs = pair_count(data.n)
    scarce = len(pairs) < _COVERAGE * all_pairs
    distinct = distinct_values(pairs.values, data).size
    if not scarce or distinct < _DISTINCT * len(pairs):
        return None
    pairs.noise_shares[0] = _END_SHARE
    return NoisePrior(guess, 0)
