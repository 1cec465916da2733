"""Estimates by every method: what they pay, what they reach and what they refuse."""

import asyncio
import math

import numpy as np
import pytest

from shapley_coop.shapley import (
    EvaluationError,
    Options,
    estimate,
    evaluate,
    exact,
)
from shapley_coop.shapley.coalitions import mask_of, to_masks, to_matrix
from shapley_coop.shapley.evaluation.task import METHODS
from tests.shapley.estimators.games import Counted, noisy, relative, rng, team
from tests.shapley.evaluation.failing_game import worth


@pytest.mark.parametrize("method", [m for m in METHODS if m != "exact"])
def test_every_method_pays_its_budget_once_and_comes_near(method):
    f, truth = team(10)
    game = Counted(f)
    found = estimate(game, 10, budget=300, method=method, rng=rng())
    assert found.evaluations == len(game.asked) == len(set(game.asked)) == 300
    assert relative(found.values, truth) < 0.03
    assert found.residual == pytest.approx(0.0, abs=1e-9)
    assert (found.stderr >= 0).all()
    low, high = found.interval()
    assert ((low <= truth + 1e-9) & (truth - 1e-9 <= high)).mean() >= 0.6


@pytest.mark.parametrize("method", METHODS)
def test_one_player_gets_everything(method):
    found = estimate(
        lambda z: 3.0 * z.sum(axis=1) + 1, 1, budget=2, method=method, rng=rng()
    )
    assert found.values.tolist() == [3.0]
    assert found.evaluations == 2


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_exact_once_everything_is_known(method):
    f, truth = team(5)
    found = estimate(f, 5, budget=500, method=method, rng=rng())
    assert found.evaluations <= 32
    sampled = {"permutation", "antithetic", "orthogonal", "spherical", "adjusted"}
    tolerance = 2 if method in sampled else 1e-9
    assert found.values == pytest.approx(truth, abs=tolerance)


def test_auto_is_exact_where_the_budget_pays_for_it():
    f, truth = team(7)
    found = estimate(f, 7, budget=128, rng=rng())
    assert found.method == "exact"
    assert "every coalition" in found.reason
    assert found.values == pytest.approx(truth)
    assert not found.stderr.any()


def test_equal_seeds_give_equal_estimates():
    f, _ = team(9)
    one, two, three = (estimate(f, 9, budget=90, rng=rng(s)).values for s in (4, 4, 5))
    assert one.tolist() == two.tolist() != three.tolist()


def test_noise_is_measured_and_repeats_lower_it():
    f, truth = team(6)
    pot = float(f(np.ones((1, 6), dtype=bool))[0])
    sigma = 0.2 * abs(pot)
    errors, covered = [], []
    for seed in range(10):
        found = estimate(
            noisy(f, sigma, seed), 6, budget=256, noise=True, rng=rng(seed)
        )
        assert found.evaluations == 256
        errors.append(np.square(found.values - truth).sum())
        covered.append(np.abs(found.values - truth) <= 1.96 * found.stderr)
        assert found.noise == pytest.approx(sigma, rel=0.35)
        assert (found.noise_stderr <= found.stderr + 1e-12).all()
    uniform = [
        np.square(
            exact(noisy(f, sigma / 2, seed)(to_matrix(range(64), 6))).values - truth
        ).sum()
        for seed in range(100, 140)
    ]
    assert np.mean(errors) < 0.7 * np.mean(uniform)
    assert np.mean(covered) > 0.85


def test_draws_are_numbered_and_common_random_numbers_cancel():
    f, truth = team(6)
    shock = rng(7).normal(size=400)
    asked = []

    def shared(z, draws):
        asked.extend(zip(to_masks(z), draws.tolist(), strict=True))
        return f(z) + shock[draws]

    found = estimate(shared, 6, budget=256, noise=True, rng=rng(), with_draws=True)
    assert len(asked) == len(set(asked)) == 256
    for mask in range(64):
        drawn = sorted(draw for m, draw in asked if m == mask)
        assert drawn == list(range(len(drawn)))
    # Draw k adds the same number to every coalition, so each difference of equal draws is exact.
    first = {
        mask: f(to_matrix([mask], 6))[0] + shock[0] for mask, draw in asked if draw == 0
    }
    assert exact([first[m] for m in range(64)]).values == pytest.approx(truth)
    assert found.evaluations == 256


def test_synchronous_and_asynchronous_games_are_told_the_same_draws():
    f, _ = team(4)
    sync, alone = [], []

    def numbered(z, draws):
        sync.extend(zip(to_masks(z), draws.tolist(), strict=True))
        return f(z) + 0.1 * draws

    async def one(coalition, draw):
        mask = mask_of(coalition)
        alone.append((mask, draw))
        return float(f(to_matrix([mask], 4))[0] + 0.1 * draw)

    by_matrix = estimate(numbered, 4, budget=80, noise=True, rng=rng(), with_draws=True)
    options = Options(workers=1, noise=True)
    by_task = asyncio.run(evaluate(one, 4, budget=80, rng=rng(), options=options))
    assert sorted(sync) == sorted(alone)
    assert by_task.estimate.values == pytest.approx(by_matrix.values)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 0, "budget": 9}, "at least one player"),
        ({"n": 8, "budget": 9}, "least is 10"),
        ({"n": 8, "budget": 50, "method": "magic"}, "magic"),
        ({"n": 8, "budget": 50, "method": "exact"}, "2\\^8"),
        ({"n": 8, "budget": 50, "noise": math.nan}, "noise is"),
        ({"n": 8, "budget": 50, "noise": -1.0}, "noise is"),
    ],
)
def test_bad_input_is_refused_before_anything_is_paid(arguments, message):
    game = Counted(lambda z: z.sum(axis=1))
    with pytest.raises(ValueError, match=message):
        estimate(game, **arguments, rng=rng())
    assert not game.asked


def test_games_that_misbehave_are_named():
    with pytest.raises(ValueError, match="returned shape"):
        estimate(lambda z: z, 4, budget=16, rng=rng())
    with pytest.raises(EvaluationError, match="finite"):
        estimate(
            lambda z: np.where(z.sum(axis=1) == 2, np.nan, 1.0), 4, budget=16, rng=rng()
        )


def test_what_was_paid_for_before_an_error_is_kept():
    f, truth = team(9)
    calls = []

    def breaks(z):
        calls.append(len(z))
        if len(calls) == 3:
            raise ConnectionError("the model is away")
        return f(z)

    with pytest.raises(EvaluationError, match="the model is away") as caught:
        estimate(breaks, 9, budget=200, rng=rng())
    assert len(caught.value.paid_values) == sum(calls[:2])
    game = Counted(f)
    found = estimate(
        game, 9, budget=200, rng=rng(), paid_values=caught.value.paid_values
    )
    assert len(game.asked) == 200 - sum(calls[:2])
    assert relative(found.values, truth) < 0.03


def matrix_game(z):
    return [worth(frozenset(np.flatnonzero(row).tolist())) for row in z]


@pytest.mark.parametrize(
    "spoil", [lambda v: v[:-1], lambda v: v[:, None], lambda v: v * np.nan]
)
def test_bad_values_are_value_errors_that_keep_the_good_ones(spoil):
    asked = []

    def game(z):
        asked.append(len(z))
        values = np.array(matrix_game(z))
        return values if len(asked) < 3 else spoil(values)

    with pytest.raises(EvaluationError) as caught:
        estimate(game, 10, budget=60, rng=rng())
    assert isinstance(caught.value, ValueError)
    assert len(caught.value.paid_values) == sum(asked[:2])


def test_the_good_values_of_a_bad_batch_are_kept_and_resumed():
    asked = []

    def game(z, broken=True):
        asked.extend(to_masks(z))
        values = np.array(matrix_game(z))
        return np.where(z.sum(axis=1) == 3, np.nan, values) if broken else values

    with pytest.raises(EvaluationError, match="is nan") as caught:
        estimate(game, 6, budget=64, rng=rng())
    known = caught.value.paid_values
    bad = [m for m in asked if m.bit_count() == 3]
    assert len(known) == len(asked) - len(bad)
    found = estimate(
        lambda z: game(z, broken=False), 6, budget=64, rng=rng(), paid_values=known
    )
    assert found.evaluations == 64
    assert len(asked) == 64 + len(bad)
    assert found.values == pytest.approx(
        estimate(matrix_game, 6, budget=64, rng=rng()).values
    )
