"""Copies of any game or table, by any means and at any moment, go on as the original does."""

import copy
import functools
import pickle

import cloudpickle
import numpy as np
import pytest

from shapley_coop.config.protocol import PROTOCOLS
from shapley_coop.interfaces.contract.plays import finish, random_actions, state
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.negotiation import NegotiatedGame, TableEnv
from shapley_coop.negotiation.scope import Scope
from shapley_coop.negotiation.table import Table
from shapley_coop.records import Halt, Wait


def restored(game):
    another = game.fresh()
    another.restore(game.snapshot())
    return another


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


def cloudpickled(thing):
    return pickle.loads(cloudpickle.dumps(thing))


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": pickled,
    "cloudpickle": cloudpickled,
}
GAMES = [
    pytest.param(functools.partial(load("games", name), **parameters), id=f"{name}-{k}")
    for name in names("games")
    for k, parameters in enumerate(({}, *load("games", name).variants))
]
GAMES += [
    pytest.param(load("games", name), id=name)
    for name in ("null:raid", "null:trust", "null:null:fishery", "null:task-market")
]
TALKING = [name for name, one in PROTOCOLS.items() if one.task_table is not None]


def to_the_end(game, seed):
    """Return all that can be seen and is paid from here to the end of random play."""
    rng = np.random.default_rng(seed)
    course = [state(game)]
    while game.agents:
        course.append([tuple(game.legal(seat)) for seat in game.agents])
        course.append(game.apply(random_actions(game, rng)))
        course.append(state(game))
    return course


@pytest.mark.parametrize("means", [*COPIES, "snapshot"])
@pytest.mark.parametrize("make", GAMES)
def test_a_copy_of_a_game_goes_on_as_the_original(make, means):
    copied = {**COPIES, "snapshot": restored}[means]
    game = make()
    game.start(5)
    rng = np.random.default_rng(5)
    for _moment in range(4):
        another, later = copied(game), copied(game)
        assert type(another) is type(game)
        before = state(game)
        # Played first, so that a copy that shared anything would have moved the original.
        course = to_the_end(another, 8)
        assert state(game) == before
        assert to_the_end(later, 8) == course
        if not game.agents:
            break
        game.apply(random_actions(game, rng))
    assert to_the_end(copied(game), 9) == to_the_end(game, 9)


def test_a_copy_of_a_copy_and_an_original_that_goes_first():
    game = load("games", "raid")()
    game.start(3)
    game.apply(dict.fromkeys(game.seats, "fireball"))
    another = copy.copy(copy.copy(game))
    steps = finish(game, dict.fromkeys(game.seats, ("fireball",) * 10))
    assert another.clock == 1
    assert finish(another, dict.fromkeys(game.seats, ("fireball",) * 10)) == steps


def learn(env, seed):
    """Return all that learners see and get from here to the end of random masked play."""
    rng = np.random.default_rng(seed)
    course, observations = [], {}
    while env.agents:
        actions = {}
        for seat in env.agents:
            mask = observations[seat]["action_mask"] if observations else None
            free = np.flatnonzero(mask) if mask is not None else [0]
            actions[seat] = int(rng.choice(free))
        observations, *rest = env.step(actions)
        course.append(repr((observations, rest, env.picture())))
    return course


@pytest.mark.parametrize("means", COPIES)
@pytest.mark.parametrize("protocol", TALKING)
@pytest.mark.parametrize(
    "name", ["escape-room", "raid", "public-goods", "task-market", "null:trust"]
)
def test_a_copy_of_a_table_or_a_negotiated_game_goes_on(name, protocol, means):
    game = load("games", name)()
    for env in (NegotiatedGame(game, protocol), TableEnv.for_task(game, protocol)):
        env.reset(seed=2)
        for _moment in range(3):
            another, later = COPIES[means](env), COPIES[means](env)
            picture = env.picture()
            course = learn(another, 4)
            assert env.picture() == picture
            assert learn(later, 4) == course
            if env.agents:
                env.step(dict.fromkeys(env.agents, 0))
        assert learn(COPIES[means](env), 6) == learn(env, 6)


@pytest.mark.parametrize("means", COPIES)
def test_a_copy_of_a_table_talks_as_the_original(means):
    rules = PROTOCOLS["talk"].task_table.model_copy(update={"order": "random"})
    seats = ("a", "b", "c")
    scope = Scope("task", seats, ("x", "y"), outcomes=(), step=0, horizon=1)
    table = Table(scope, rules, np.random.default_rng(3))

    def talk(one):
        return [one.step({seat: Wait() for seat in one.turn()}) for _ in range(4)]

    table.step({seat: Halt() if seat == "b" else Wait() for seat in table.turn()})
    another = COPIES[means](table)
    spoken = talk(another)
    assert len(table.history) == 1
    assert talk(table) == spoken
