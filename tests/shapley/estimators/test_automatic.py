"""Estimators: convergence to known values, what they pay, and what they refuse."""

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
    exact_by_types,
    weighted_voting,
)
from shapley_coop.shapley.coalitions import full, mask_of, to_masks, to_matrix
from shapley_coop.shapley.estimators.pairs.balanced_design import (
    pair_count,
    pair_design,
)
from shapley_coop.shapley.evaluation.plans import METHODS


def rng(seed=0):
    return np.random.default_rng(seed)


class Counted:
    """A game that keeps what it was asked."""

    def __init__(self, f):
        self.f, self.asked = f, []

    def __call__(self, z):
        self.asked += to_masks(z)
        return self.f(z)


def team(n, seed=0):
    """Return a game of pairs and triples that help or hinder, with its Shapley value."""
    draw = np.random.default_rng([seed, n])
    sets = [draw.permutation(n)[: draw.integers(1, 4)] for _ in range(3 * n)]
    worth = draw.normal(1.0, 1.0, len(sets))
    values = np.zeros(n)
    for s, w in zip(sets, worth, strict=True):
        values[s] += w / len(s)
    return (
        lambda z: sum(w * z[:, s].all(axis=1) for s, w in zip(sets, worth, strict=True))
    ), values


def relative(found, truth):
    return float(np.square(found - truth).sum() / np.square(truth).sum())


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


def test_auto_finds_additive_and_constant_sum_games():
    worth = np.arange(20.0)
    found = estimate(lambda z: z @ worth + 3, 20, budget=100, rng=rng())
    assert found.method == "additive"
    assert found.values == pytest.approx(worth)
    weights = rng(1).integers(1, 12, 15)
    quota = weights.sum() // 2 + 1
    game = Counted(lambda z: (z @ weights >= quota).astype(float))
    found = estimate(game, 15, budget=600, rng=rng())
    assert "constant-sum" in found.reason
    paired = set(game.asked) & {full(15) ^ m for m in game.asked}
    assert len(paired) < 200  # the pilot, and one in eight to make sure
    assert relative(found.values, weighted_voting(weights, quota).values) < 0.02


def test_auto_finds_players_of_few_types():
    left = np.arange(14) < 6

    def gloves(z):
        return np.minimum(z[:, left].sum(axis=1), z[:, ~left].sum(axis=1)).astype(float)

    found = estimate(gloves, 14, budget=150, rng=rng())
    truth = exact_by_types(lambda k: k.min(axis=1), [6, 8]).values
    assert found.method == "types"
    assert "[6, 8]" in found.reason or "[8, 6]" in found.reason
    assert found.values == pytest.approx(np.where(left, *truth), abs=0.02)
    # One coalition that treats like players unlike is enough to drop the types.
    spoilt = lambda z: gloves(z) + 0.5 * z[:, 0] * ~z[:, 1]  # noqa: E731  (used once)
    assert estimate(spoilt, 14, budget=150, rng=rng()).method != "types"


def test_a_game_that_only_looks_constant_sum_is_paired_after_all():
    n = 12
    draw = np.random.default_rng(0)
    worth = draw.normal(size=n)
    calls = []

    def f(z):
        # additive, but for a bonus of coalitions of five that is met only after the pilot
        calls.extend(z)
        bonus = (z.sum(axis=1) == 5) & (len(calls) > 40)
        return z @ worth + 3.0 * bonus

    found = estimate(f, n, budget=300, rng=rng())
    assert found.evaluations == len({z.tobytes() for z in calls}) == 300
    assert "constant-sum" not in found.reason


def test_the_process_beats_permutations_on_a_team():
    f, truth = team(14)
    process, permutations = (
        relative(estimate(f, 14, budget=200, method=m, rng=rng()).values, truth)
        for m in ("process", "antithetic")
    )
    assert process < 0.3 * permutations


def test_equal_seeds_give_equal_estimates():
    f, _ = team(9)
    one, two, three = (estimate(f, 9, budget=90, rng=rng(s)).values for s in (4, 4, 5))
    assert one.tolist() == two.tolist() != three.tolist()


def noisy(f, sigma, seed):
    draw = np.random.default_rng(seed)
    return lambda z: f(z) + sigma * draw.normal(size=len(z))


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


def test_the_ends_are_repeated_under_noise():
    game = Counted(noisy(team(20)[0], 0.3, 0))
    estimate(game, 20, budget=400, noise=0.3, rng=rng())
    assert game.asked.count(0) == game.asked.count(full(20)) == 10
    others = [m for m in game.asked if m not in {0, full(20)}]
    assert len(others) == len(set(others))


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


def test_a_game_that_is_almost_constant_sum_wastes_no_evaluation():
    """Pairs that differ are so rare that many coalitions were asked alone when one is met."""
    n = 11
    votes = np.array([5, 4, 4, 3, 3, 2, 2, 2, 1, 1, 2])

    def f(z):
        rare = z[:, 0] & z[:, 1] & ~z[:, 3] & ~z[:, 5] & ~z[:, 7]
        return (
            3.0 * (z @ votes >= 15) + 1.0 * (z[:, 2] & z[:, 4]) * rare + 0.3 * z[:, 6]
        )

    truth = exact(f(to_matrix(range(1 << n), n))).values
    errors = []
    for seed in range(8):
        found = estimate(f, n, budget=400, rng=np.random.default_rng(seed))
        assert found.evaluations == 400
        if "almost constant-sum" in found.reason:
            errors.append(
                np.square(found.values - truth).sum() / np.square(truth).sum()
            )
            assert (np.abs(found.values - truth) <= 4 * found.stderr).all()
    assert errors
    assert np.mean(errors) < 0.04  # from whole pairs alone it is about 0.1
