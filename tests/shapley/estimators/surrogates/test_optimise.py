"""The minimiser finds a minimum within bounds."""

import numpy as np
import pytest

from shapley_coop.shapley.estimators.surrogates.optimise import minimise


def test_the_minimiser_finds_a_bounded_minimum():
    def bowl(x):
        return float(((x - [1.0, -2.0, 5.0]) ** 2 * [1, 10, 100]).sum()), (
            2 * (x - np.array([1.0, -2.0, 5.0])) * [1, 10, 100]
        )

    low, high = np.full(3, -3.0), np.full(3, 3.0)
    found, value = minimise(bowl, np.zeros(3), low, high, steps=60, tolerance=1e-12)
    assert found == pytest.approx([1, -2, 3], abs=1e-4)
    assert value == pytest.approx(400)
