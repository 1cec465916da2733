"""Designs of pairs: distinct ones, and every player equally often."""

import pytest

from shapley_coop.shapley.coalitions import full, to_matrix
from shapley_coop.shapley.estimators.pairs.balanced_design import (
    pair_count,
    pair_design,
)
from tests.shapley.estimators.games import rng


@pytest.mark.parametrize(
    ("n", "pairs"), [(2, 1), (3, 3), (8, 127), (10, 60), (16, 300), (70, 400)]
)
def test_designs_hold_distinct_pairs_and_every_player_alike(n, pairs):
    chosen = pair_design(n, pairs, rng())
    assert len(chosen) == min(pairs, pair_count(n))
    assert len({frozenset((m, full(n) ^ m)) for m in chosen}) == len(chosen)
    assert not {0, full(n)} & set(chosen)
    counts = to_matrix(chosen, n).sum(axis=0)
    if n >= 16:
        assert counts.max() - counts.min() <= 0.35 * counts.mean()
