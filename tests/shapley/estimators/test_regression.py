"""Regression on all pairs is exact."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.estimators.regression import weighted_pairs
from tests.shapley.estimators.surrogates.signs import N, everyone


def test_regression_on_all_pairs_is_exact():
    table = np.random.default_rng(3).normal(size=2**N)
    z = everyone()[2 ** (N - 1) : -1]
    odd = (table - table[::-1])[2 ** (N - 1) : -1] / 2
    values, _ = weighted_pairs(z, odd, table[-1] - table[0])
    assert values == pytest.approx(exact(table).values, abs=1e-6)
