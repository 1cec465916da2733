"""Odd values of games that are almost constant-sum."""

import numpy as np

from shapley_coop.shapley import (
    estimate,
    exact,
)
from shapley_coop.shapley.coalitions import to_matrix


def test_a_game_that_is_almost_constant_sum_wastes_no_evaluation():
    """Pairs that differ are so rare that many coalitions were asked alone when one is met."""
    n = 11
    votes = np.array([5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 2])

    def f(z):
        rare = z[:, 0] & z[:, 1] & ~z[:, 3] & ~z[:, 5] & ~z[:, 7]
        return (
            3.0 * (z @ votes >= 15) + 1.0 * (z[:, 2] & z[:, 4]) * rare + 0.3 * z[:, 6]
        )

    truth = exact(f(to_matrix(range(1 << n), n))).values
    errors = []
    for seed in range(8):
        found = estimate(f, n, budget=400, rng=np.random.default_rng(seed))
        assert found.evaluations == 400
        if "almost constant-sum" in found.reason:
            errors.append(
                np.square(found.values - truth).sum() / np.square(truth).sum()
            )
            assert (np.abs(found.values - truth) <= 4 * found.stderr).all()
    assert errors
    assert np.mean(errors) < 0.04  # from whole pairs alone it is about 0.1
