"""What a learner may give as an action, to a game, a negotiated game and a table."""

import numpy as np
import pytest
import torch

from shapley_coop.interfaces.plugins import load
from shapley_coop.negotiation import NegotiatedGame, TableEnv


def test_the_actions_of_learners_that_are_none_are_illegal_and_not_the_last_ones():
    game = load("games", "escape-room")()
    envs = (game, NegotiatedGame(game, "solo"), TableEnv.for_task(game, "talk"))
    for env in envs:
        for number in (-1, -2, 10**6):
            env.reset(seed=0)
            *_, infos = env.step(dict.fromkeys(env.agents, number))
            told = [info["illegal"] for info in infos.values() if info]
            assert told
            assert set(told) == {number}


@pytest.mark.parametrize("given", [1.5, True, "x", None])
def test_what_is_no_whole_number_is_no_action(given):
    game = load("games", "escape-room")()
    envs = (game, NegotiatedGame(game, "solo"), TableEnv.for_task(game, "talk"))
    for env in envs:
        env.reset(seed=0)
        *_, infos = env.step(dict.fromkeys(env.agents, given))
        told = [info["illegal"] for info in infos.values() if info]
        assert told
        assert set(told) == {given}


@pytest.mark.parametrize("number", [1, np.int64(1), np.array([1]), torch.tensor(1)])
def test_whole_numbers_of_every_kind_are_actions(number):
    game = load("games", "escape-room")()
    game.reset(seed=0)
    *_, infos = game.step(dict.fromkeys(game.agents, number))
    assert list(infos.values()) == [{}, {}]
