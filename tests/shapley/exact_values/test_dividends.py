"""Dividends against their definition, and the parts that they reveal."""

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.exact_values.dividends import (
    additive_parts,
    dividends,
    from_dividends,
)


def random_table(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n]).normal(size=2**n)


def test_dividends_equal_their_definition_and_invert():
    table = random_table(5)
    for mask in range(32):
        subsets = [t for t in range(32) if t & mask == t]
        truth = sum(
            (-1) ** (mask.bit_count() - t.bit_count()) * table[t] for t in subsets
        )
        assert dividends(table)[mask] == pytest.approx(truth)
    assert from_dividends(dividends(table)) == pytest.approx(table)
    spread = np.zeros(5)
    for mask, gain in enumerate(dividends(table)):
        for i in range(5):
            spread[i] += gain / mask.bit_count() if mask >> i & 1 else 0.0
    assert exact(table).values == pytest.approx(spread)


def test_additive_parts_are_found():
    one, two = random_table(3, 1), random_table(2, 2)
    masks = np.arange(2**6)
    # players 0, 2, 5 form one game, 1 and 3 another, 4 is alone
    first = (masks & 1) | (masks >> 2 & 1) << 1 | (masks >> 5 & 1) << 2
    second = (masks >> 1 & 1) | (masks >> 3 & 1) << 1
    table = one[first] + two[second] + 0.3 * (masks >> 4 & 1)
    assert additive_parts(table) == [[0, 2, 5], [1, 3], [4]]
    assert additive_parts(random_table(4)) == [[0, 1, 2, 3]]
