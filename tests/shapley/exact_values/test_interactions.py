"""Pair interactions against their definition."""

from itertools import combinations, permutations

import numpy as np
import pytest

from shapley_coop.shapley.exact_values.interactions import (
    pair_interactions,
    pair_weights,
)
from tests.rounding import rounding


def random_table(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n]).normal(size=2**n)


@pytest.mark.parametrize("index", ["shapley", "banzhaf"])
@pytest.mark.parametrize("n", [0, 1, 2, 3, 6, 9])
def test_pairs_equal_their_definition(n, index):
    table, weights = random_table(n), pair_weights(n, index)
    truth = np.zeros((n, n))
    for i, j in permutations(range(n), 2):
        a, b = 1 << i, 1 << j
        for s in range(2**n):
            if not s & (a | b):
                gain = table[s | a | b] - table[s | a] - table[s | b] + table[s]
                truth[i, j] += weights[s.bit_count()] * gain
    assert pair_interactions(table, index) == pytest.approx(
        truth, abs=rounding(4, 2**9)
    )


def test_pairs_of_a_large_table():
    n = 18
    masks = np.arange(2**n)
    block = 1 << 2 | 1 << 9 | 1 << 17
    table = np.where(masks & block == block, 6.0, 0.0) + (masks & 1)
    found = pair_interactions(table)
    truth = np.zeros((n, n))
    for i, j in permutations([2, 9, 17], 2):
        truth[i, j] = (
            3.0  # a unanimity game of m players gives each pair worth / (m - 1)
        )
    assert found == pytest.approx(truth, abs=1e-9)


def test_an_unknown_pair_index_is_named():
    with pytest.raises(ValueError, match="owen"):
        pair_interactions(np.zeros(4), "owen")


def test_every_pair_of_players_is_symmetric():
    found = pair_interactions(random_table(8))
    for i, j in combinations(range(8), 2):
        assert found[i, j] == pytest.approx(found[j, i])
