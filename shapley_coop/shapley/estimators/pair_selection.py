"""Which pairs to ask next: a balanced start, then those that remove most variance."""

import numpy as np

from shapley_coop.shapley.coalitions import full
from shapley_coop.shapley.estimators.optimal_design import optimal_pairs
from shapley_coop.shapley.estimators.pairs.balanced_design import (
    fresh_pairs,
    pair_design,
)
from shapley_coop.shapley.estimators.pairs.noise import noise_prior
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs, known_pairs
from shapley_coop.shapley.estimators.surrogates.hyperparameters import learn_kernel
from shapley_coop.shapley.evaluations import Evaluations

CHOICE_MAX = 1200
"""Pairs beyond which choosing costs more than it gains."""
_START = 1  # balanced pairs a player before the first choice
_START_NOISY = 2  # the same where draws are noisy, since a kernel is harder to learn
_LEARN_FROM = 4  # pairs


def choose_pairs(
    data: Evaluations,
    previous: list[int],
    limit: int,
    rng: np.random.Generator,
    *,
    noisy: bool | None,
    sigma: float | None,
) -> list[int]:
    """Return the next pairs, at most `limit`, none of them among the previous ones.

    A balanced start comes first, then as many pairs again for the variance they remove.
    Balanced pairs go on where the process is not what will be fitted (an end without a
    value, a game of two values that a weighted vote may explain) or where there are too
    many pairs to gain. `noisy` and `sigma` are as in `fit_pairs`.
    """
    n = data.n
    if not previous:
        start = n * (_START_NOISY if noisy else _START)
        return pair_design(n, min(limit, start), rng)
    ends_known = {0, full(n)} <= set(data)
    if len(previous) > CHOICE_MAX or not ends_known:
        return fresh_pairs(n, previous, limit, rng)
    pairs = known_pairs(data)
    outcomes = np.unique([data[mask] for mask in data])
    if len(pairs) < _LEARN_FROM or outcomes.size <= 2:
        return fresh_pairs(n, previous, min(limit, n), rng)
    count = min(limit, len(previous))
    try:
        chosen = _optimal(data, pairs, previous, count, rng, noisy, sigma)
    except np.linalg.LinAlgError:
        # The pairs are so alike that rounding decides.
        chosen = []
    return chosen or fresh_pairs(n, previous, count, rng)


def _optimal(
    data: Evaluations,
    pairs: Pairs,
    previous: list[int],
    count: int,
    rng: np.random.Generator,
    noisy: bool | None,
    sigma: float | None,
) -> list[int]:
    """Learn a kernel from what is known and return the pairs that it asks for."""
    prior = noise_prior(data, pairs, noisy, sigma)
    kernel, noise = learn_kernel(pairs, rng, prior)
    observed = previous + _known_otherwise(data, previous)
    # A pair's value is half a difference of two draws: half the variance of one.
    return optimal_pairs(kernel, noise / 2, observed, count, data.n, rng)


def _known_otherwise(data: Evaluations, previous: list[int]) -> list[int]:
    """Return pairs with values that were not requested: those of a run that was resumed."""
    everyone = full(data.n)
    complements = [everyone ^ mask for mask in previous]
    requested = {*previous, *complements}
    known = [mask for mask in data if 0 < mask < everyone ^ mask]
    whole = [mask for mask in known if everyone ^ mask in data]
    return [mask for mask in whole if mask not in requested]
