"""Kernels are odd, and their parts agree with each other."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.estimators.surrogates.kernels import (
    covariance,
    covariance_terms,
    variances,
)
from tests.shapley.estimators.surrogates.signs import N, everyone, kernel


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


def test_variances_are_the_diagonal_of_the_covariance():
    rows = everyone()
    total = covariance(kernel(), covariance_terms(rows, rows, kernel().relevance))
    assert variances(kernel(), rows) == pytest.approx(np.diag(total))
