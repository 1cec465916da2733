"""The default estimate: simpler games are found, and the process beats sampling."""

import numpy as np
import pytest

from shapley_coop.shapley import (
    estimate,
    exact_by_types,
    weighted_voting,
)
from shapley_coop.shapley.coalitions import full
from tests.shapley.estimators.games import Counted, relative, rng, team


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


def test_the_process_beats_permutations_on_a_team():
    f, truth = team(14)
    process, permutations = (
        relative(estimate(f, 14, budget=200, method=m, rng=rng()).values, truth)
        for m in ("process", "antithetic")
    )
    assert process < 0.3 * permutations
