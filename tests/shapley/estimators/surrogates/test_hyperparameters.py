"""The objective of the hyper-parameters has the gradient that it claims."""

import numpy as np
import pytest

from shapley_coop.shapley.estimators.pairs.noise import NoisePrior
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.surrogates.hyperparameters import (
    LogPosterior,
    prior_mean,
)
from tests.shapley.estimators.surrogates.signs import N


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
