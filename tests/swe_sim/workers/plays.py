"""Plays of a software team without the engine: who sits there acts, and nobody negotiates."""

import asyncio

import numpy as np

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.agent import Place, View, Written
from shapley_coop.records import join_text


def play(team, factory, seed):
    """Play a team to its end and return the game."""
    return play_steps(team, factory, seed)[0]


def play_steps(team, factory, seed):
    """Play a team to its end and return the game, and what was done step by step."""
    # One event loop for a play: making one takes longer than what a rule worker does.
    return asyncio.run(_play_steps(team, factory, seed))


async def _play_steps(team, factory, seed):
    game = team.fresh()
    game.start(seed)
    agents = {}
    for number, seat in enumerate(game.seats):
        place = Place(seat, team.fresh(), np.random.default_rng([seed, number]))
        agents[seat] = factory(place)
    steps = []
    while not game.over():
        joint = {seat: await deed_of(game, agents[seat], seat) for seat in game.seats}
        steps.append(game.apply(joint))
    return game, steps


async def deed_of(game, agent, seat):
    view = View(
        seat=seat,
        seats=game.seats,
        game=game.name,
        episode=0,
        step=game.clock,
        facts=game.facts(seat),
        actions=tuple(game.legal(seat)),
        protocol=NegotiationProtocol(),
    )
    deed = await agent.act(view)
    assert (deed.action if isinstance(deed, Written) else deed) in view.actions
    return join_text(*deed) if isinstance(deed, Written) else deed
