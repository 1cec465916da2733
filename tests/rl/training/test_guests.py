"""Rule agents beside a policy that learns: they do in an environment what they do in a run."""

import asyncio
from dataclasses import replace

import pytest
import torch

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.config.resolve import resolve
from shapley_coop.errors import InputError
from shapley_coop.llm.backends.policy import card_of
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.rl.policies.recurrent.folder import PolicyShape
from shapley_coop.rl.training.reinforcement.course import reinforce
from shapley_coop.rl.training.reinforcement.guests import (
    answer_of,
    guest_factory,
    sit_guests,
)
from shapley_coop.rl.training.reinforcement.pays import PAYS
from shapley_coop.rl.training.reinforcement.rollout import Casting, play_all
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import open_game
from tests.rl.training.recurrent import order, silent

GAMES = (
    ("escape-room-n", {"seats": 3, "levers": 1}),
    ("trust", {}),
    ("task-market", {"seats": 3}),
)


def paid_in_environment(env, name):
    """Return what seats hold after one episode of agents, and what was not legal of it."""
    env.reset(seed=3)
    guests = sit_guests(guest_factory(name, env), env, tuple(env.possible_agents))
    payoffs = dict.fromkeys(env.possible_agents, 0.0)
    illegal = {}
    while env.agents:
        choices = {seat: answer_of(guests[seat], env, seat) for seat in env.agents}
        _, rewards, _, _, infos = env.step(choices)
        for seat, reward in rewards.items():
            payoffs[seat] += reward
            illegal |= infos[seat]
    return payoffs, illegal


@pytest.mark.parametrize("name", ["rational", "stubborn", "breaker"])
@pytest.mark.parametrize("protocol", ["neg", "talk", "short-term", "shapley-coop"])
@pytest.mark.parametrize(("game", "parameters"), GAMES)
def test_agents_earn_in_an_environment_what_they_earn_in_a_run(
    tmp_path, game, parameters, protocol, name
):
    env = NegotiatedGame(open_game(game, parameters), protocol)
    payoffs, illegal = paid_in_environment(env, name)
    raw = {"game": {"id": game, **parameters}, "agent": name, "protocol": protocol}
    config = resolve({**raw, "run": {"episodes": 1, "seed": 5}})
    (episode,) = asyncio.run(run(config, tmp_path)).episodes()
    assert payoffs == pytest.approx(episode.payoffs)
    assert not illegal


def test_a_move_that_is_not_legal_falls_back_as_a_number_does():
    env = NegotiatedGame(open_game("escape-room", {}), "shapley-coop")
    env.reset(seed=0)
    seat = env.table.turn()[0]
    others = dict.fromkeys(env.agents, 0)
    # No action of the game can be taken while a table is open, nor this one in play.
    _, _, _, _, infos = env.step(others | {seat: "door"})
    assert infos[seat] == {"illegal": "door"}
    alone = NegotiatedGame(open_game("escape-room", {}), "solo")
    alone.reset(seed=0)
    _, _, _, _, infos = alone.step({"player_0": "window", "player_1": "door"})
    assert infos == {"player_0": {"illegal": "window"}, "player_1": {}}


def test_a_seat_learns_to_take_what_a_rational_agent_offers(tmp_path):
    asked = order(
        960,
        pay="individual",
        opponents="rational",
        protocol=PROTOCOLS["short-term"].model_dump(mode="json"),
        parameters={"seats": 2, "levers": 1},
    )
    alone = reinforce(replace(asked, opponents="self"), tmp_path, silent)
    beside = reinforce(asked, tmp_path, silent)
    last = {
        folder: card_of(folder)["curve"][-1]["mean_total"] for folder in (alone, beside)
    }
    assert last[beside] > last[alone] + 2


@pytest.mark.parametrize(
    ("name", "says"),
    [("smollm2", "cannot wait"), ("human", "cannot wait"), ("ratoinal", "rational")],
)
def test_who_cannot_be_learned_beside_is_told_before_a_folder_is_made(
    tmp_path, name, says
):
    with pytest.raises(InputError, match=says):
        reinforce(order(opponents=name), tmp_path, silent)
    assert not list(tmp_path.iterdir())


def test_a_seat_that_nobody_plays_is_no_seat_that_takes_its_first_action():
    env = NegotiatedGame(open_game("stag-hunt", {}), "solo")
    shape = PolicyShape(tuple(env.possible_agents), env.width, env.actions)
    nobody = Casting(shape.network(seed=0), lambda episode, seat: seat == 0)
    with pytest.raises(AssertionError, match="nobody to play it"):
        play_all([env], [(0, 1)], nobody, PAYS["individual"], torch.Generator())
