"""A recurrent policy at an ordinary table sees and does what it did in training."""

import asyncio

import numpy as np
import pytest
import torch

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.config.resolve import resolve
from shapley_coop.errors import ConfigError, InputError
from shapley_coop.interfaces.agent import Commons, Place
from shapley_coop.llm.backends.policy import card_of
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.negotiation.envs.layout import Layouts
from shapley_coop.rl.policies.recurrent.folder import WEIGHTS_FILE, PolicyShape
from shapley_coop.rl.policies.recurrent.seat import RecurrentPolicy, RecurrentSeat
from shapley_coop.rl.training.reinforcement.course import reinforce
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import open_game
from tests.rl.training.recurrent import order, silent


@pytest.fixture
def folder(tmp_path):
    protocol = PROTOCOLS["shapley-coop"].model_dump(mode="json")
    asked = order(192, protocol=protocol, pay="individual")
    return reinforce(asked, tmp_path / "policies", silent)


def played(folder, tmp_path, **tables):
    raw = {
        "game": {"id": "escape-room-n", "seats": 2, "levers": 1},
        "agent": f"policy:{folder}",
        "model": {"temperature": 0},
        "run": {"seed": 3},
    }
    done = asyncio.run(run(resolve(raw | tables), tmp_path / "runs"))
    (episode,) = done.episodes()
    return done, episode


def test_a_seat_sees_at_an_ordinary_table_what_the_environment_showed(
    folder, tmp_path, monkeypatch
):
    decided = []
    decide = RecurrentSeat._decide

    def told(self, observation):
        number = decide(self, observation)
        decided.append((self.seat, observation, number))
        return number

    monkeypatch.setattr(RecurrentSeat, "_decide", told)
    _, episode = played(folder, tmp_path)
    game = open_game("escape-room-n", {"seats": 2, "levers": 1})
    env = NegotiatedGame(game, "shapley-coop")
    seen, _ = env.reset(seed=0)
    rest = list(decided)
    total = dict.fromkeys(env.possible_agents, 0.0)
    while env.agents:
        actions = {}
        for seat in env.agents:
            mask = seen[seat]["action_mask"]
            actions[seat] = int(mask.argmax())
            if np.count_nonzero(mask) == 1:
                continue
            who, observation, number = rest.pop(0)
            assert who == seat
            for part in ("observation", "action_mask"):
                np.testing.assert_array_equal(observation[part], seen[seat][part])
            actions[seat] = number
        seen, rewards, _, _, _ = env.step(actions)
        for seat, reward in rewards.items():
            total[seat] += reward
    assert not rest
    assert total == pytest.approx(episode.payoffs)
    assert sum(episode.forfeits.values()) == 0


def test_a_run_of_a_policy_plays_the_same_again(folder, tmp_path):
    _, once = played(folder, tmp_path / "a", model={"temperature": 1.0})
    _, again = played(folder, tmp_path / "b", model={"temperature": 1.0})
    assert once.steps == again.steps


def test_it_sits_beside_rules_under_other_protocols(folder, tmp_path):
    seats = {"seats": {"player_1": "rational"}, "protocol": {"name": "talk"}}
    _, episode = played(folder, tmp_path, **seats)
    assert episode.status == "done"
    assert sum(episode.forfeits.values()) == 0


def test_a_game_that_looks_otherwise_is_refused(folder):
    policy = RecurrentPolicy(folder)
    other = open_game("escape-room-n", {"seats": 3, "levers": 1})
    with pytest.raises(ConfigError, match="trained for 2 seats"):
        policy.check_game(other, PROTOCOLS["solo"])
    other = open_game("stag-hunt", {})
    with pytest.raises(ConfigError, match="cannot play here"):
        policy.check_game(other, PROTOCOLS["solo"])


def test_damaged_weights_are_told(folder):
    (folder / WEIGHTS_FILE).write_bytes(b"nothing")
    with pytest.raises(InputError, match="train the policy again"):
        RecurrentPolicy(folder)


def test_the_card_says_what_was_trained(folder):
    card = card_of(folder)
    assert card["kind"] == "recurrent"
    assert card["games"] == ["escape-room-n,seats=2,levers=1"]
    assert card["shape"]["seats"] == ["player_0", "player_1"]


def test_fresh_weights_follow_from_a_seed_and_leave_other_draws_alone():
    shape = PolicyShape(("a", "b"), features=3, actions=2, networks="seat")
    torch.manual_seed(1)
    first = shape.network(seed=4).state_dict()
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.rand(1) == drawn
    again, other = shape.network(seed=4), shape.network(seed=5)
    for name, tensor in again.state_dict().items():
        assert torch.equal(tensor, first[name]), name
    assert any(
        not torch.equal(tensor, first[name])
        for name, tensor in other.state_dict().items()
    )


def test_seats_of_one_play_share_what_a_table_offers(folder):
    game = open_game("escape-room-n", {"seats": 2, "levers": 1})
    shared = Commons()
    seats = []
    for number, seat in enumerate(game.seats):
        rng = np.random.default_rng(number)
        place = Place(seat=seat, game=game.fresh(), rng=rng, shared=shared)
        seats.append(RecurrentPolicy(folder)(place))
    assert seats[0].layout is seats[1].layout
    # Policies that learned other menus have their own.
    layouts = shared.once(Layouts, lambda: None)
    assert layouts.of("prices") is seats[0].layout
    assert layouts.of("contracts") is not seats[0].layout
