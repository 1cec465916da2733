"""Shapley functionals of the kernels against exact values."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.estimators.surrogates.kernel_values import (
    pair_coefficients,
    shapley_covariance,
    shapley_variance,
)
from shapley_coop.shapley.estimators.surrogates.kernels import (
    covariance,
    covariance_terms,
)
from tests.shapley.estimators.surrogates.signs import N, everyone, kernel


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
