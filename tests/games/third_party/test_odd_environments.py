"""Environments as strangers write them: played as PettingZoo's own loops play them, or refused."""

import copy
import functools
import pickle

import numpy as np
import pytest

from benchmarks.games.environments import try_environment
from shapley_coop.errors import ConfigError, GameError, PluginError
from shapley_coop.interfaces.contract import CHECKS
from shapley_coop.interfaces.contract.episodes import pettingzoo_suites
from shapley_coop.interfaces.contract.plays import play, random_actions, state
from shapley_coop.interfaces.plugins import load
from shapley_coop.negotiation import NegotiatedGame

# PettingZoo remarks on environments that it has to mend.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The base environment.*render_mode"),
    pytest.mark.filterwarnings("ignore:The `infos` dictionary"),
    pytest.mark.filterwarnings("ignore:.*observation_space.*", category=UserWarning),
]

PLACE = "tests.fixtures.odd_environments"
PLAYED = [
    "endings:StayDead",
    "endings:StayTruncated",
    "endings:OneStaysDead",
    "endings:DieOneByOne",
    "endings:Joining",
    "endings:dying_in_turns",
    "endings:joining_in_turns",
    "names:Numbered",
    "names:Paired",
    "names:AfterReset",
    "names:NeverListed",
    "views:Kitchen",
    "views:Chat",
    "views:Pair",
    "views:Nested",
    "views:NoInfos",
    "choices:NothingAllowed",
    "choices:FromOne",
    "choices:FirstMover",
    "choices:ShownToTheMover",
]
REFUSED = {
    "names:Twins": "different names",
    "names:Nobody": "there must be one or more",
    "views:Objects": "neither numbers nor text",
    "choices:ShortMask": r"mask of a_0 has the shape \(2,\), and its actions are 3",
    "choices:Levers": "only Discrete ones can be named in contracts",
    "failures:QuitsAtOnce": "cannot be made with {}: SystemExit: 3",
    "failures:OldReset": "reset.. returns a dict",
    "failures:NoSeed": "unexpected keyword argument 'seed'",
    "failures:Alone": "makes a Alone, which is neither a ParallelEnv nor an AECEnv",
    "failures:Gone": "has no 'Gone'",
}
FAILING = {
    "endings:Stranger": "agent 'a_1' appears, whom possible_agents does not list",
    "choices:Stale": r"its rewards pay a_\d .* and its last",
    "failures:Quits": "failed at step 2 with SystemExit: that was it",
    "failures:Unpaid": "failed at step 1 with TypeError",
}


def game_of(name, **parameters):
    return load("games", f"pettingzoo:{PLACE}.{name}")(**parameters)


@pytest.mark.parametrize("seed", [0, 4, 5])
@pytest.mark.parametrize("name", PLAYED)
def test_credit_by_replay_is_what_an_independent_loop_earns(name, seed):
    outcome = try_environment(f"{PLACE}.{name}", {}, seed=seed)
    assert outcome.verdict.startswith("equal: credit"), outcome
    if "Mover" in name:
        assert outcome.steps == 6


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_is_refused_before_the_first_step(name):
    with pytest.raises((PluginError, ConfigError), match=REFUSED[name]) as refusal:
        game_of(name)
    assert f"pettingzoo:{PLACE}.{name}" in str(refusal.value)


@pytest.mark.parametrize("name", FAILING)
def test_what_fails_later_ends_its_episode_with_a_sentence(name):
    game = game_of(name)
    with pytest.raises(GameError, match=FAILING[name]) as failure:
        play(game, 1)
    text = str(failure.value)
    assert text.count(f"pettingzoo:{PLACE}.{name}") == 1
    assert text.count("failed at step") == 1


@pytest.mark.parametrize("name", PLAYED)
def test_odd_environments_keep_the_contract(name):
    for check in CHECKS:
        check(functools.partial(game_of, name))


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, lambda game: pickle.loads(pickle.dumps(game))]
)
@pytest.mark.parametrize("name", PLAYED)
def test_a_copy_goes_on_as_the_original(name, copied):
    for game in (game_of(name), load("games", f"null:pettingzoo:{PLACE}.{name}")()):
        game.start(5)
        rng = np.random.default_rng(1)
        while game.agents:
            another = copied(game)
            assert type(another) is type(game)
            assert state(another) == state(game)
            joint = random_actions(game, rng)
            assert another.apply(joint) == game.apply(joint)
            assert state(another) == state(game)


@pytest.mark.parametrize("name", ["choices:FirstMover", "endings:Joining"])
def test_negotiated_games_and_their_copies(name):
    def make():
        return NegotiatedGame(game_of(name), "talk")

    pettingzoo_suites(make)
    env = make()
    env.reset(seed=1)
    while env.agents:
        copies = [copy.copy(env), pickle.loads(pickle.dumps(env))]
        joint = dict.fromkeys(env.agents, env.actions - 1)
        expected = repr(env.step(joint))
        assert [repr(another.step(joint)) for another in copies] == [expected] * 2


def test_a_copy_of_what_does_not_repeat_itself_refuses_to_go_on():
    game = game_of("failures:OwnDice")
    game.apply(dict.fromkeys(game.seats, "action-0"))
    another = copy.copy(game)
    with pytest.raises(GameError, match=r"does not repeat itself.* from step 0 on"):
        another.apply(dict.fromkeys(game.seats, "action-0"))


def test_an_episode_ends_where_all_are_flagged_though_agents_stay():
    for name in ("endings:StayDead", "endings:StayTruncated"):
        assert len(play(game_of(name, horizon=12), 0)) == 4


def test_who_is_out_or_has_not_come_waits():
    game = game_of("endings:Joining")
    assert game.legal("a_1") == ("wait",)
    assert game.facts("a_1")["observation"] is None
    for _ in range(2):
        game.apply({"a_0": "action-1", "a_1": "wait"})
    assert "action-2" in game.legal("a_1")
    game = game_of("endings:OneStaysDead")
    for _ in range(2):
        game.apply(dict.fromkeys(game.seats, "action-1"))
    assert game.legal("a_0") == ("wait",)
    assert game.agents


def test_agents_go_by_their_names_as_text():
    assert game_of("names:Numbered").seats == ("agent_0", "agent_1")
    assert game_of("names:Paired").seats == ("red_0", "blue_0")


def test_actions_keep_the_numbers_of_the_environment():
    game = game_of("choices:FromOne", idle=3)
    assert game.legal("a_0") == ("wait", "action-1", "action-2", "action-3")
    assert game.apply({"a_0": "action-2", "a_1": "wait"}).rewards == {
        "a_0": 2,
        "a_1": 3,
    }
    with pytest.raises(ConfigError, match="no action 0 for every seat"):
        game_of("choices:FromOne", idle=0)


def test_a_seat_that_its_mask_leaves_nothing_waits():
    game = game_of("choices:NothingAllowed")
    game.apply(dict.fromkeys(game.seats, "action-1"))
    assert game.legal("a_1") == ("wait",)
    assert game.apply({"a_0": "action-1", "a_1": "wait"}).rewards == {
        "a_0": 3,
        "a_1": 2,
    }


def test_any_observation_is_told_and_has_features_of_one_length():
    told = {
        "views:Kitchen": {"pots": [0.0, 0.0, 0.0], "held": 0},
        "views:Chat": "It is turn 0. 0 ones so far.",
        "views:Pair": [[[0, 0], [0, 0]], 0, [0.0, 1.0, 2.0]],
    }
    for name, value in told.items():
        game = game_of(name)
        assert game.facts("a_0")["observation"] == value
    assert game_of("views:Kitchen").features("a_0").size == 2 + 3 + 1
    assert game_of("views:Chat").features("a_0").size == 2 + 40
    assert game_of("views:Pair").features("a_0").tolist()[2:] == [0] * 5 + [0, 1, 2]
    for name in PLAYED:
        game = game_of(name)
        sizes = {game.features(seat).size for seat in game.seats}
        game.apply({seat: game.legal(seat)[0] for seat in game.agents})
        assert sizes == {game.features(seat).size for seat in game.seats}
