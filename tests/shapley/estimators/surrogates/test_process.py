"""A process of all pairs gives the exact value."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.surrogates.process import fit_process
from tests.shapley.estimators.surrogates.signs import N, everyone


def test_a_process_of_all_pairs_gives_the_exact_value():
    table = np.random.default_rng(2).normal(size=2**N)
    z = everyone()[2 ** (N - 1) :][::-1]  # the grand coalition first
    odd = (table - table[::-1])[2 ** (N - 1) :][::-1] / 2
    found = fit_process(Pairs(z, odd, np.full(odd.size, 0.5)), np.random.default_rng(0))
    assert found.values == pytest.approx(exact(table).values, abs=1e-6)
    assert found.predict(-z) == pytest.approx(-found.predict(z))
