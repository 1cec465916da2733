"""A rule agent as a function that plays seats in a replay, where nobody negotiates."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.agents.roles import agent_factory
from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.seeds import generator
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Place, Reasoned, View
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Policy
from shapley_coop.records import Contract, Seat, Step


def policy(
    name: str,
    seed: int,
    *,
    protocol: NegotiationProtocol = PROTOCOLS["solo"],
    contracts: Sequence[Contract] = (),
) -> Policy:
    """Return a rule agent as a function from a game, a seat and the steps so far to an action.

    Args:
        name: a registered agent or `module:attribute`.
        seed: all its draws follow from it.
        protocol: what seats see as the protocol, though nobody negotiates.
        contracts: what was signed. Each contract is shown from its step on.

    Raises:
        ConfigError: the agent needs a model or waits for something.
        PluginError: there is no such agent.
    """
    factory = agent_factory(name)
    if factory.needs_model:
        raise ConfigError(
            f"seats cannot be played by {name!r} in a replay: it needs a model"
        )

    def play(game: Game, seat: Seat, steps: Sequence[Step]) -> str:
        # A generator for each step, so that an action does not depend on how often others ask.
        rng = generator(seed, seat, "baseline", len(steps))
        agent = factory(Place(seat=seat, game=game.fresh(), rng=rng))
        view = View(
            seat=seat,
            seats=game.seats,
            game=game.name,
            episode=0,
            step=len(steps),
            facts=game.facts(seat),
            actions=tuple(game.legal(seat)),
            protocol=protocol,
            contracts=tuple(c for c in contracts if c.step <= len(steps)),
            steps=tuple(steps),
        )
        answer = run_without_waiting(agent.act(view))
        action = answer.action if isinstance(answer, Reasoned) else answer
        return action if action in view.actions else game.fallback(seat)

    return play
