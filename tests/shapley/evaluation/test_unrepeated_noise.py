"""Noise of a game whose budget pays for every coalition once, and for no repeats."""

import numpy as np
import pytest

from shapley_coop.shapley import estimate


@pytest.mark.parametrize(("n", "budget"), [(4, 16), (5, 32), (5, 33)])
def test_intervals_hold_the_truth_where_nothing_is_left_for_repeats(n, budget):
    weights = np.arange(n, dtype=float)
    covered = []
    for seed in range(30):
        dice = np.random.default_rng((seed, 1))

        def game(coalitions, dice=dice):
            return coalitions @ weights + dice.normal(size=len(coalitions))

        result = estimate(
            game, n, budget=budget, rng=np.random.default_rng(seed), noise=True
        )
        low, high = result.interval()
        covered += ((low <= weights) & (weights <= high)).tolist()
    # Half of them held it while noise without repeats was taken for interactions.
    assert np.mean(covered) >= 0.85


def test_noise_that_is_known_needs_no_repeats():
    weights = np.arange(4.0)
    dice = np.random.default_rng(0)
    result = estimate(
        lambda coalitions: coalitions @ weights + dice.normal(size=len(coalitions)),
        4,
        budget=16,
        rng=np.random.default_rng(0),
        noise=1.0,
    )
    assert "pays for every coalition" in result.reason
    assert (result.stderr > 0.2).all()
