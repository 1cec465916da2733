"""A sample never tells a value for certain, however simple the game looks in it."""

import numpy as np
import pytest

from shapley_coop.shapley import estimate, estimate_by_types, exact, from_table
from shapley_coop.shapley.coalitions import to_matrix
from shapley_coop.shapley.estimators.unseen import unseen_error
from shapley_coop.shapley.evaluation.task import METHODS

N = 16
WEIGHTS = np.random.default_rng(3).random(N)


def spoilt(z):
    """Return a game in which one player spoils the bonus of nine others."""
    return z @ WEIGHTS + 5.0 * (z[:, :9].all(axis=1) & ~z[:, 9])


@pytest.mark.parametrize("seed", range(4))
def test_a_sample_that_looks_additive_claims_nothing_exact(seed):
    sample = estimate(spoilt, N, budget=100, rng=np.random.default_rng(seed))
    assert "exact" not in sample.reason
    assert (sample.stderr > 0).all()


@pytest.mark.parametrize("method", [name for name in METHODS if name != "exact"])
def test_only_a_game_that_is_known_whole_has_no_error_bar(method):
    """None can know that an additive game is one."""
    n = 7
    game = from_table(to_matrix(range(1 << n), n) @ WEIGHTS[:n])
    part = estimate(game, n, budget=80, rng=np.random.default_rng(0), method=method)
    assert (part.stderr > 0).all()
    assert (np.abs(part.values - WEIGHTS[:n]) < 4 * part.stderr).all()


def test_a_game_that_is_known_whole_is_exact():
    table = spoilt(to_matrix(range(1 << N), N))
    whole = estimate(from_table(table), N, budget=1 << N, rng=np.random.default_rng(0))
    assert whole.method == "exact"
    assert not whole.stderr.any()
    assert whole.values == pytest.approx(exact(table).values)


def test_a_game_without_any_difference_credits_nobody():
    same = estimate(
        lambda z: np.full(len(z), 7.0), N, budget=60, rng=np.random.default_rng(0)
    )
    assert not same.values.any()
    assert not same.stderr.any()


def test_sampled_types_that_look_additive_claim_nothing_exact():
    def additive(points):
        return points @ np.array([1.0, 2.0, 3.0])

    rng = np.random.default_rng(0)
    sample = estimate_by_types(additive, [40, 50, 60], budget=2000, rng=rng)
    assert sample.method == "sampled types"
    assert (sample.stderr > 0).all()
    assert (np.abs(sample.values - [1, 2, 3]) < 4 * sample.stderr).all()


def test_what_a_sample_left_out_is_told_by_the_spread_and_the_pairs_that_agreed():
    stderr = np.array([0.0, 1e-9, 0.01])
    assert unseen_error(stderr, 1.0, 48).tolist() == [0.01, 0.01, 0.01]
    assert unseen_error(stderr, 0.0, 48).tolist() == stderr.tolist()
