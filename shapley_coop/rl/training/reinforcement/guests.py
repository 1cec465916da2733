"""Rule agents at seats of an environment, beside a policy that learns."""

from __future__ import annotations

from collections.abc import Mapping

from shapley_coop.agents.roles import unaided_factory
from shapley_coop.config.seeds import generator
from shapley_coop.interfaces.agent import (
    Agent,
    AgentFactory,
    Commons,
    GameCheck,
    Place,
)
from shapley_coop.interfaces.asking import ask_action, ask_move, sit_down
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.negotiation import NegotiatedGame
from shapley_coop.negotiation.envs.answers import Choice
from shapley_coop.negotiation.envs.views import view_of
from shapley_coop.records import Seat
from shapley_coop.records.deeds import deed_of

NO_ANSWER = -1
"""No action has this number, so that an environment takes its fallback."""


def guest_factory(name: str, env: NegotiatedGame) -> AgentFactory:
    """Return who makes the agents of a name for a game.

    Raises:
        ConfigError: it asks a model or a person, or cannot play the game.
        PluginError: there is no such agent, or it is a trained policy whose card cannot be read.
    """
    factory = unaided_factory(name, field="opponents")
    if isinstance(factory, GameCheck):
        factory.check_game(env.game, env.protocol)
    return factory


def sit_guests(
    factory: AgentFactory, env: NegotiatedGame, seats: tuple[Seat, ...]
) -> Mapping[Seat, Agent]:
    """Return agents for some seats of an episode that has just begun."""
    # As in a run, what follows from the public rules is worked out once for all of them.
    shared = Commons()
    guests = {}
    for seat in seats:
        rng = generator(env.seed, seat, "agent")
        place = Place(seat=seat, game=env.game.fresh(), rng=rng, shared=shared)
        guests[seat] = sit_down(factory, place)
    return guests


def answer_of(agent: Agent, env: NegotiatedGame, seat: Seat) -> Choice:
    """Return what an agent chooses where an environment stands."""
    # Nobody is asked out of turn, so that an agent draws as often as it does in a run.
    if env.table is not None and seat not in env.table.turn():
        return NO_ANSWER
    view = view_of(env, seat)
    if env.table is not None:
        move = run_without_waiting(ask_move(agent, view)).value
        return NO_ANSWER if move is None else move
    deed = deed_of(run_without_waiting(ask_action(agent, view)).value)
    return NO_ANSWER if deed is None else deed
