"""Who sits where: from the names of a configuration to agents, one for each seat of each play."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from shapley_coop.agents.llm import reasoning
from shapley_coop.config.protocol import PROTOCOLS, NegotiationProtocol
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import generator
from shapley_coop.credit.worth.kinds import worth_method
from shapley_coop.credit.worth.shapes import absence
from shapley_coop.errors import ConfigError, PluginError, unknown
from shapley_coop.interfaces.agent import Agent, AgentFactory, Place, Reasoned, View
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Asker
from shapley_coop.interfaces.plugins import load, names
from shapley_coop.interfaces.waiting import run_without_waiting
from shapley_coop.interfaces.worth_method import Policy
from shapley_coop.records import Contract, Seat, Step

AskFor = Callable[[str, Seat, int], Asker]
"""(model, seat, episode) to the gateway as that seat sees it."""


class Role(NamedTuple):
    """An agent's factory and the model it asks, if it asks one."""

    factory: AgentFactory
    model: str | None


def role(spec: str, default_model: str) -> Role:
    """Return who a name means: a registered agent, `module:attribute`, or a model.

    Raises:
        PluginError: no agent or model of that name.
    """
    if spec in names("agents"):
        factory = load("agents", spec)
        return Role(factory, default_model if factory.needs_model else None)
    if spec in names("models") or "/" in spec or spec.endswith(".gguf"):
        return Role(load("agents", "llm"), spec)
    if ":" in spec:
        factory = load("agents", spec)
        return Role(factory, default_model if factory.needs_model else None)
    hint = (
        "models: "
        + ", ".join(names("models"))
        + "; or provider/model, URL#model, module:attr"
    )
    raise PluginError(unknown("agent", spec, names("agents"), hint))


class ConfiguredCast:
    """Makes the agents of a run.

    Args:
        config: who sits where.
        game: any instance of the game.
        ask_for: opens a model for a seat; None: no seat may need one.
        spent: calls and tokens of an episode so far.

    Raises:
        ConfigError: the configuration names a seat that the game does not have, a way to reason
            for which the game has no facts, or an agent that cannot play the game.
        PluginError: an agent or model that does not exist.
    """

    def __init__(
        self,
        config: Config,
        game: Game,
        ask_for: AskFor | None = None,
        spent: Callable[[int], tuple[int, int]] | None = None,
    ) -> None:
        for seat in config.seats:
            if seat not in game.seats:
                raise ConfigError(unknown("seat", seat, game.seats))
        self.config = config
        self.ask_for = ask_for
        self._spent = spent
        self.roles = {
            seat: role(config.seats.get(seat, config.agent), config.model.name)
            for seat in game.seats
        }
        for factory in {
            id(played.factory): played.factory for played in self.roles.values()
        }.values():
            if (check := getattr(factory, "check_game", None)) is not None:
                check(game, config.protocol)
        self.absent: Role | None = None
        method = worth_method(config.worth.kind)
        replaced = method.absent_player != "nobody"
        rule = absence(game, config.worth.absence) if replaced else None
        if rule == "baseline":
            self.absent = role(config.worth.baseline, config.model.name)
        elif rule == "swap":
            if not config.worth.swap:
                raise ConfigError(
                    "absence rule 'swap' needs a model; name one in worth.swap"
                )
            self.absent = role(config.worth.swap, config.model.name)
        if self.models:
            reasoning.check(game, config.model.reasoning)

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that some seat may ask, each once."""
        asked = [
            played.model for played in (*self.roles.values(), self.absent) if played
        ]
        return tuple(dict.fromkeys(model for model in asked if model is not None))

    def agents(
        self, game: Game, episode: int, present: Sequence[Seat]
    ) -> dict[Seat, Agent]:
        """Return the agents of one play: the present seats' own, and who plays absent ones."""
        shared: dict[Any, Any] = {}
        alone = tuple(present) if len(present) < len(game.seats) else ()
        seated = {}
        for seat in game.seats:
            played = self.roles[seat] if seat in present else self.absent
            if played is not None:
                with_whom = alone if seat in present else ()
                seated[seat] = self._seated(
                    played, seat, game, episode, with_whom, shared
                )
        return seated

    def calls_and_tokens(self, episode: int) -> tuple[int, int]:
        """Return the model calls and tokens of an episode so far."""
        return self._spent(episode) if self._spent else (0, 0)

    def _seated(
        self,
        played: Role,
        seat: Seat,
        game: Game,
        episode: int,
        present: tuple[Seat, ...],
        shared: dict[Any, Any],
    ) -> Agent:
        asker = None
        if played.model is not None and self.ask_for is not None:
            asker = self.ask_for(played.model, seat, episode)
        return played.factory(
            Place(
                seat=seat,
                game=game.fresh(),
                rng=generator(self.config.run.seed, episode, seat, "agent"),
                model=self.config.model,
                ask=asker,
                present=present,
                shared=shared,
            )
        )


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
        protocol: the protocol that it believes in.
        contracts: what was signed; each is shown from its step on.

    Raises:
        ConfigError: the agent needs a model or waits for something.
    """
    factory = load("agents", name)
    if factory.needs_model:
        raise ConfigError(
            f"seats cannot be played by {name!r} in a replay: it needs a model"
        )

    def play(game: Game, seat: Seat, steps: Sequence[Step]) -> str:
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
