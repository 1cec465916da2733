"""Greedy optimal designs against brute force, and their bounds."""

import numpy as np
import pytest

from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.estimators.optimal_design import optimal_pairs
from shapley_coop.shapley.estimators.pairs.balanced_design import (
    fresh_pairs,
    pair_count,
    size_shares,
)
from shapley_coop.shapley.estimators.surrogates.kernel_values import (
    shapley_covariance,
    shapley_variance,
)
from shapley_coop.shapley.estimators.surrogates.kernels import (
    Kernel,
    covariance,
    covariance_terms,
)

N = 5


NOISE = 0.02


def kernel(white=0.05, relevance=(0.2, 3.0, 2.0, 0.7, 0.1)):
    return Kernel(np.array(relevance), 0.4, 0.2, np.array([0.5, 0.3, 0.9]), 0.1, white)


def signs(masks, n=N):
    return np.where(to_matrix(list(masks), n), 1.0, -1.0)


def left_over(masks):
    """Return the sum of the posterior variances of the values, pairs and the ends observed."""
    k, rows = kernel(), signs([full(N), *masks])
    total = covariance(k, covariance_terms(rows, rows, k.relevance))
    total += (k.white + k.jitter + NOISE) * np.eye(len(rows))
    cross = shapley_covariance(k, rows)
    return shapley_variance(k).sum() - np.trace(cross @ np.linalg.solve(total, cross.T))


def test_each_choice_leaves_the_least_variance_given_those_before_it():
    asked = [0b00001, 0b00110]
    chosen = optimal_pairs(kernel(), NOISE, asked, 4, N, np.random.default_rng(0))
    assert len(chosen) == 4
    known = list(asked)
    for mask in chosen:
        others = fresh_pairs(N, known, pair_count(N), np.random.default_rng(1))
        least = min(left_over([*known, other]) for other in others)
        assert left_over([*known, mask]) == pytest.approx(least)
        known.append(mask)


def test_no_pair_is_chosen_twice_and_the_supply_ends():
    asked = [0b00001, 0b11101]
    chosen = optimal_pairs(kernel(), NOISE, asked, 99, N, np.random.default_rng(0))
    pairs = [min(m, full(N) ^ m) for m in [*asked, *chosen]]
    assert sorted(pairs) == list(range(1, 2 ** (N - 1)))


def test_of_many_players_no_size_takes_more_than_its_share():
    n = 40
    rng = np.random.default_rng(0)
    asked = fresh_pairs(n, [], 40, rng)
    relevant = Kernel(np.full(n, 0.5), 0.4, 0.2, np.array([0.5, 0.3, 0.9]), 0.1, 0.05)
    chosen = optimal_pairs(relevant, 0.0, asked, 40, n, rng)
    sizes = np.array([min(m.bit_count(), n - m.bit_count()) for m in [*asked, *chosen]])
    share = size_shares(n, 80)
    assert len(chosen) == 40
    for size in range(1, n // 2 + 1):
        assert (sizes == size).sum() <= np.ceil(share[size - 1]) + 1
