"""Who sits where: from names to agents, one for each seat of each play."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.agents.llm import reasoning
from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.sections import ModelSettings, WorthSettings
from shapley_coop.config.seeds import generator
from shapley_coop.credit.worth.kinds import absence_of
from shapley_coop.errors import ConfigError, PluginError, unknown
from shapley_coop.interfaces.agent import (
    Agent,
    AgentFactory,
    Commons,
    GameCheck,
    Place,
    Reasoned,
    View,
)
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Asker
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Policy
from shapley_coop.records import Contract, Seat, Step

AskFor = Callable[[str, Seat, int], Asker]
"""(model, seat, episode) to the gateway as that seat sees it."""

CountSpending = Callable[[int], tuple[int, int]]
"""An episode to the model calls and tokens that it took so far."""


class Role(NamedTuple):
    """An agent's factory and the model it asks, if it asks one."""

    factory: AgentFactory
    model: str | None


def role(spec: str, default_model: str) -> Role:
    """Return who a name means: a registered agent, `module:attribute`, or a model.

    Raises:
        PluginError: no agent or model of that name.
    """
    is_agent = spec in names("agents")
    is_file = spec.endswith(".gguf")
    is_model = is_file or "/" in spec or spec in names("models")
    # An agent's own name comes first. A URL holds a colon too, so models come second.
    if is_model and not is_agent:
        return Role(load("agents", "llm"), spec)
    if is_agent or ":" in spec:
        factory = load("agents", spec)
        return Role(factory, default_model if factory.needs_model else None)
    models = ", ".join(names("models"))
    hint = f"models: {models}; or provider/model, URL#model, module:attr"
    raise PluginError(unknown("agent", spec, names("agents"), hint))


def roles_of(
    game: Game, agent: str, exceptions: Mapping[Seat, str], default_model: str
) -> dict[Seat, Role]:
    """Return the role of every seat.

    Args:
        game: any instance of the game.
        agent: who sits at every seat without a name of its own.
        exceptions: names by seat.
        default_model: the model of language models that name none.

    Raises:
        ConfigError: a name is given for a seat that the game does not have.
        PluginError: an agent or model that does not exist.
    """
    for seat in exceptions:
        if seat not in game.seats:
            raise ConfigError(unknown("seat", seat, game.seats), field="seats")
    roles = {}
    for seat in game.seats:
        name = exceptions.get(seat, agent)
        roles[seat] = role(name, default_model)
    return roles


def check_roles(
    roles: Mapping[Seat, Role], game: Game, protocol: NegotiationProtocol
) -> None:
    """Raise ConfigError if some kind of agent cannot play the game under the protocol."""
    # One check for each kind of agent, however many seats it has.
    factories = {id(member.factory): member.factory for member in roles.values()}
    for factory in factories.values():
        if isinstance(factory, GameCheck):
            factory.check_game(game, protocol)


def substitute_of(
    game: Game, settings: WorthSettings, default_model: str
) -> Role | None:
    """Return who plays absent seats while worth is measured, or None if nobody does.

    Raises:
        ConfigError: the game does not support the absence rule, or a swap names no model.
        PluginError: there is no such worth kind, agent or model.
    """
    rule = absence_of(game, settings)
    if rule == "baseline":
        return role(settings.baseline, default_model)
    if rule != "swap":
        return None
    if not settings.swap:
        raise ConfigError(
            "absence rule 'swap' needs a model; name one in worth.swap",
            field="worth.swap",
        )
    return role(settings.swap, default_model)


class ConfiguredCast:
    """Makes the agents of a run.

    Args:
        roles: who sits where.
        substitute: who plays absent seats. None means that they idle.
        model: how language models are asked.
        seed: the run's seed, from which all draws of agents follow.
        ask_for: opens a model for a seat. None means that no seat may need one.
        count_spending: tells the calls and tokens of an episode so far. None means that nobody
            counts.
    """

    def __init__(
        self,
        roles: Mapping[Seat, Role],
        *,
        substitute: Role | None,
        model: ModelSettings,
        seed: int,
        ask_for: AskFor | None = None,
        count_spending: CountSpending | None = None,
    ) -> None:
        self.roles = dict(roles)
        self.substitute = substitute
        self.model = model
        self.seed = seed
        self.ask_for = ask_for
        self.count_spending = count_spending

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that some seat may ask, each once."""
        members = list(self.roles.values())
        if self.substitute is not None:
            members.append(self.substitute)
        # A dict keeps the first of equal names and their order.
        in_order = dict.fromkeys(member.model for member in members)
        return tuple(model for model in in_order if model is not None)

    def check_reasoning(self, game: Game) -> None:
        """Raise ConfigError if models are to reason in a way that the game does not support."""
        if self.models:
            reasoning.check(game, self.model.reasoning)

    def agents(
        self, game: Game, episode: int, present: Sequence[Seat]
    ) -> dict[Seat, Agent]:
        """Return the agents of one play: the present seats' own, and who plays absent ones."""
        # Live coalitions are plays of their own, so they share nothing with each other.
        shared = Commons()
        is_coalition = len(present) < len(game.seats)
        alone = tuple(present) if is_coalition else ()
        agents = {}
        for seat in game.seats:
            here = seat in present
            member = self.roles[seat] if here else self.substitute
            if member is None:
                continue
            place = Place(
                seat=seat,
                game=game.fresh(),
                rng=generator(self.seed, episode, seat, "agent"),
                model=self.model,
                ask=self._asker(member, seat, episode),
                present=alone if here else (),
                shared=shared,
            )
            agents[seat] = member.factory(place)
        return agents

    def calls_and_tokens(self, episode: int) -> tuple[int, int]:
        """Return the model calls and tokens of an episode so far."""
        if self.count_spending is None:
            return 0, 0
        return self.count_spending(episode)

    def _asker(self, member: Role, seat: Seat, episode: int) -> Asker | None:
        if member.model is None or self.ask_for is None:
            return None
        return self.ask_for(member.model, seat, episode)


def policy(
    name: str,
    seed: int,
    *,
    protocol: NegotiationProtocol = PROTOCOLS["solo"],
    contracts: Sequence[Contract] = (),
) -> Policy:
    """Return a rule agent as a function that plays seats in a replay, where nobody negotiates.

    Args:
        name: a registered agent or `module:attribute`.
        seed: all its draws follow from it.
        protocol: what seats see as the protocol, though nobody negotiates.
        contracts: what was signed. Each contract is shown from its step on.

    Raises:
        ConfigError: the agent needs a model or waits for something.
    """
    factory = load("agents", name)
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
