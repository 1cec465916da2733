"""What is asked: the ends again under noise, and pairs once a game is found out."""

import numpy as np

from shapley_coop.shapley import (
    estimate,
)
from shapley_coop.shapley.coalitions import full
from tests.shapley.estimators.games import Counted, noisy, rng, team


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


def test_the_ends_are_repeated_under_noise():
    game = Counted(noisy(team(20)[0], 0.3, 0))
    estimate(game, 20, budget=400, noise=0.3, rng=rng())
    assert game.asked.count(0) == game.asked.count(full(20)) == 10
    others = [m for m in game.asked if m not in {0, full(20)}]
    assert len(others) == len(set(others))
