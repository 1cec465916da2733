"""The process: kernel functionals against exact values, gradients, calibration, unbiasedness."""

import numpy as np
import pytest

from shapley_coop.shapley import estimate, exact
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.pairs.noise import NoisePrior
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.regression import weighted_pairs
from shapley_coop.shapley.estimators.surrogates.hyperparameters import (
    LogPosterior,
    prior_mean,
)
from shapley_coop.shapley.estimators.surrogates.kernel_values import (
    pair_coefficients,
    shapley_covariance,
    shapley_variance,
)
from shapley_coop.shapley.estimators.surrogates.kernels import (
    Kernel,
    covariance,
    covariance_terms,
)
from shapley_coop.shapley.estimators.surrogates.optimise import minimise
from shapley_coop.shapley.estimators.surrogates.process import fit_process
from shapley_coop.shapley.exact_values.by_types import type_coefficients

N = 6


def everyone(n=N):
    return np.where(to_matrix(range(2**n), n), 1.0, -1.0)


def kernel(white=0.0):
    relevance = np.array([0.3, 1.0, 2.0, 0.7, 4.0, 1.5])
    return Kernel(relevance, 0.4, 0.7, np.array([0.5, 0.3, 0.9]), 0.2, white)


def test_the_kernel_is_odd_and_the_size_term_has_no_value():
    z = everyone()
    total = covariance(kernel(), covariance_terms(z, z, kernel().relevance))
    assert total == pytest.approx(
        -covariance(kernel(), covariance_terms(-z, z, kernel().relevance))
    )
    assert np.linalg.eigvalsh(total).min() > -1e-9
    size = covariance_terms(z, z, kernel().relevance).constant.size
    for column in size.T[:5]:
        assert exact(column).values == pytest.approx(np.zeros(N), abs=1e-12)


def test_shapley_functionals_equal_exact_values():
    z = everyone()
    total = covariance(kernel(), covariance_terms(z, z, kernel().relevance))
    cross = np.array([exact(column).values for column in total.T]).T
    assert shapley_covariance(kernel(), z) == pytest.approx(cross, abs=1e-10)
    variance = [exact(row).values[i] for i, row in enumerate(cross)]
    assert shapley_variance(kernel()) == pytest.approx(np.array(variance), abs=1e-10)


def test_white_values_enter_by_their_pair_weights():
    z = everyone()
    odd = np.random.default_rng(0).normal(size=2**N)
    odd -= odd[::-1]
    half = slice(2 ** (N - 1), None)  # one of each pair
    found = odd[half] @ pair_coefficients(z[half] > 0)
    assert found == pytest.approx(exact(odd).values)
    only_white = kernel(white=1.0)
    extra = shapley_variance(only_white) - shapley_variance(kernel())
    assert extra == pytest.approx(np.square(pair_coefficients(z[half] > 0)).sum(axis=0))


@pytest.mark.parametrize("noise", [None, NoisePrior(0.1, 4)])
def test_the_gradient_is_the_slope_of_the_objective(noise):
    rng = np.random.default_rng(1)
    signs = np.vstack([np.ones(N), np.where(rng.random((19, N)) < 0.5, 1.0, -1.0)])
    objective = LogPosterior(
        Pairs(signs, rng.normal(size=20), np.full(20, 0.5)), 0.7, noise
    )
    theta = prior_mean(N, noise) + 0.2 * rng.normal(size=prior_mean(N, noise).size)
    _, gradient = objective(theta)
    for k, slope in enumerate(gradient):
        step = 1e-5 * (np.arange(theta.size) == k)
        rise = objective(theta + step)[0] - objective(theta - step)[0]
        assert slope == pytest.approx(rise / 2e-5, rel=1e-4, abs=1e-4)


def test_the_minimiser_finds_a_bounded_minimum():
    def bowl(x):
        return float(((x - [1.0, -2.0, 5.0]) ** 2 * [1, 10, 100]).sum()), (
            2 * (x - np.array([1.0, -2.0, 5.0])) * [1, 10, 100]
        )

    low, high = np.full(3, -3.0), np.full(3, 3.0)
    found, value = minimise(bowl, np.zeros(3), low, high, steps=60, tolerance=1e-12)
    assert found == pytest.approx([1, -2, 3], abs=1e-4)
    assert value == pytest.approx(400)


def test_a_process_of_all_pairs_gives_the_exact_value():
    table = np.random.default_rng(2).normal(size=2**N)
    z = everyone()[2 ** (N - 1) :][::-1]  # the grand coalition first
    odd = (table - table[::-1])[2 ** (N - 1) :][::-1] / 2
    found = fit_process(Pairs(z, odd, np.full(odd.size, 0.5)), np.random.default_rng(0))
    assert found.values == pytest.approx(exact(table).values, abs=1e-6)
    assert found.predict(-z) == pytest.approx(-found.predict(z))


def test_regression_on_all_pairs_is_exact():
    table = np.random.default_rng(3).normal(size=2**N)
    z = everyone()[2 ** (N - 1) : -1]
    odd = (table - table[::-1])[2 ** (N - 1) : -1] / 2
    values, _ = weighted_pairs(z, odd, table[-1] - table[0])
    assert values == pytest.approx(exact(table).values, abs=1e-6)


def test_type_coefficients_equal_exact_values():
    points, weights = type_coefficients([2, 3])
    worth = np.random.default_rng(4).normal(size=(3, 4))
    member = to_matrix(range(32), 5)
    table = worth[member[:, :2].sum(axis=1), member[:, 2:].sum(axis=1)]
    found = weights @ worth[points[:, 0], points[:, 1]]
    assert found == pytest.approx(exact(table).values[[0, 2]])


def rough(n, seed):
    """Return a game of high-order thresholds that no smooth process predicts well."""
    draw = np.random.default_rng(seed)
    weights = draw.normal(size=(6, n))
    return lambda z: np.sign(z @ weights.T - 0.3).sum(axis=1)


def test_the_unbiased_mode_has_no_bias_and_covers():
    n = 8
    table = rough(n, 0)(to_matrix(range(2**n), n))
    truth = exact(table).values
    runs = [
        estimate(
            rough(n, 0),
            n,
            budget=60,
            method="unbiased",
            rng=np.random.default_rng(seed),
        )
        for seed in range(30)
    ]
    values = np.array([run.values for run in runs])
    error = values.mean(axis=0) - truth
    assert (np.abs(error) < 3.5 * values.std(axis=0) / np.sqrt(30)).all()
    covered = [np.abs(r.values - truth) <= 1.96 * r.stderr for r in runs]
    assert 0.85 < np.mean(covered) <= 1.0
