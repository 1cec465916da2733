"""Owen values against the mean over consistent orders."""

from itertools import permutations

import numpy as np
import pytest

from shapley_coop.shapley import exact
from shapley_coop.shapley.exact_values.unions import owen


def random_table(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, n]).normal(size=2**n)


def union_orders(unions):
    for order in permutations(unions):
        inner = [list(permutations(u)) for u in order]
        counts = [len(p) for p in inner]
        for picks in np.ndindex(*counts):
            yield [i for p, k in zip(inner, picks, strict=True) for i in p[k]]


def test_owen_equals_the_mean_over_consistent_orders():
    table, unions = random_table(6), [[0, 3], [1], [2, 4, 5]]
    totals, count = np.zeros(6), 0
    for order in union_orders(unions):
        count += 1
        mask = 0
        for i in order:
            totals[i] += table[mask | 1 << i] - table[mask]
            mask |= 1 << i
    assert owen(table, unions).values == pytest.approx(totals / count)


def test_owen_of_trivial_unions_is_shapley():
    table = random_table(7)
    assert owen(table, [[i] for i in range(7)]).values == pytest.approx(
        exact(table).values
    )
    assert owen(table, [range(7)]).values == pytest.approx(exact(table).values)
    with pytest.raises(ValueError, match="exactly once"):
        owen(table, [[0, 1], [1, 2, 3, 4, 5, 6]])
