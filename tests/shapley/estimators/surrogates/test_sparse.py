"""Games of few interactions are read exactly, and nothing is taken for one by chance."""

import numpy as np
import pytest

from benchmarks.shapley.games import make
from shapley_coop.shapley import estimate, exact
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.pairs.odd_values import Pairs
from shapley_coop.shapley.estimators.surrogates.sparse import sparse_values


def sum_of_products(n, sets, weights):
    def f(z):
        signs = np.where(z, 1.0, -1.0)
        return sum(
            w * signs[:, list(s)].prod(axis=1)
            for s, w in zip(sets, weights, strict=True)
        )

    return f


def observed(f, n, count, rng):
    """Return the pair of the ends and `count` random pairs."""
    z = np.vstack([np.ones(n, dtype=bool), rng.random((count, n)) < 0.5])
    return Pairs(np.where(z, 1.0, -1.0), (f(z) - f(~z)) / 2, np.full(count + 1, 0.5))


@pytest.mark.parametrize("n", [6, 9, 14])
def test_few_terms_are_found_exactly(n):
    rng = np.random.default_rng(n)
    sets = [tuple(rng.permutation(n)[: rng.integers(1, 6)]) for _ in range(10)]
    f = sum_of_products(n, sets, rng.normal(size=10))
    truth = exact(f(to_matrix(range(1 << n), n))).values
    found = sparse_values(observed(f, n, 60, rng))
    assert found == pytest.approx(truth, abs=1e-9)


def test_many_terms_and_random_values_are_not():
    rng = np.random.default_rng(0)
    game = make("stages", 10, 0)
    assert sparse_values(observed(game.f, 10, 120, rng)) is None
    pairs = observed(game.f, 10, 120, rng)
    noise = Pairs(pairs.signs, rng.normal(size=121), pairs.noise_shares)
    assert sparse_values(noise) is None


def test_a_team_of_small_synergies_is_right_long_before_every_coalition_is_known():
    game = make("team", 10, 4)
    found = estimate(game.f, 10, budget=200, rng=np.random.default_rng(4))
    assert found.method == "sparse"
    assert found.values == pytest.approx(game.values, abs=1e-9)
    # Half the spread, over the 99 pairs that agreed and two more.
    assert found.stderr == pytest.approx(0.5 / 101)


@pytest.mark.parametrize("family", ["voting", "blocks", "gloves"])
def test_few_evaluations_of_a_vote_prove_nothing(family):
    """A vote may follow one player, or one committee, in every pair that was asked."""
    for n in (7, 9, 10):
        for times in (2, 3):
            for seed in range(8):
                game = make(family, n, seed)
                rng = np.random.default_rng(seed)
                found = estimate(game.f, n, budget=times * n, rng=rng)
                if found.method in {"sparse", "additive"}:
                    assert found.values == pytest.approx(game.values, abs=1e-6)


@pytest.mark.parametrize("seed", range(8))
def test_fewer_pairs_than_folds_are_no_fault(seed):
    """Three signs of five players multiply, and eight pairs are known."""
    game = sum_of_products(5, [(0, 1, 2)], [1.5])
    values = sparse_values(observed(game, 5, 7, np.random.default_rng(seed)))
    assert values is None or values == pytest.approx([1, 1, 1, 0, 0])
