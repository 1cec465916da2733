"""From a configuration to the cast of a run."""

from __future__ import annotations

from typing import Protocol

from shapley_coop.agents.cast import AskFor, ConfiguredCast, CountSpending
from shapley_coop.agents.people import Memory
from shapley_coop.agents.roles import check_roles, roles_of, substitute_of
from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.interfaces.game import Game
from shapley_coop.llm.money.amounts import Tally
from shapley_coop.llm.seat import SeatAsker
from shapley_coop.records import Seat, Spend


class ModelDesk(Protocol):
    """The models of a run as who plays its episodes sees them: the gateway, or a way to it."""

    mode: CassetteMode

    def open(self, spec: str) -> None:
        """Raise now if a spec means no model."""
        ...

    def seat(self, spec: str, *, seat: Seat, episode: int, seed: int) -> SeatAsker:
        """Return what one seat of one episode asks with."""
        ...

    def tally(self, episode: int) -> Tally:
        """Return what an episode came to so far."""
        ...

    def spending(self, episode: int) -> tuple[Spend, ...]:
        """Return what an episode came to, by model, seat and purpose."""
        ...

    def allow(self, episode: int, seconds: float, reason: str) -> None:
        """Set an episode's time limit."""
        ...

    def record_limit(self, episode: int, reason: str) -> None:
        """Record that a limit ended an episode."""
        ...

    def end(self, episode: int) -> None:
        """Forget an episode that is over."""
        ...


def configured_cast(
    config: Config,
    game: Game,
    ask_for: AskFor | None = None,
    count_spending: CountSpending | None = None,
    memory: Memory | None = None,
) -> ConfiguredCast:
    """Return who plays a configuration.

    Args:
        config: who sits where.
        game: any instance of the game.
        ask_for: opens a model for a seat. None means that no seat may need one.
        count_spending: tells the calls and tokens of an episode so far.
        memory: keeps what people answer.

    Raises:
        ConfigError: the configuration names a seat that the game does not have, a way to reason
            for which the game defines no typed statements, or an agent that cannot play the game.
        PluginError: an agent, model or worth kind does not exist.
    """
    default_model = config.model.name
    roles = roles_of(game, config.agent, config.seats, default_model)
    check_roles(roles, game, config.protocol)
    cast = ConfiguredCast(
        roles,
        substitute=substitute_of(game, config.worth, default_model),
        model=config.model,
        ask_for=ask_for,
        count_spending=count_spending,
        memory=memory,
    )
    cast.check_reasoning(game)
    return cast


def seat_cast(
    config: Config, game: Game, gateway: ModelDesk, memory: Memory | None = None
) -> ConfiguredCast:
    """Return the agents of a run, every model that they ask opened.

    Raises:
        InputError: a seat, an agent or a model cannot be used.
    """

    def ask_for(model: str, seat: Seat, episode: int, seed: int) -> SeatAsker:
        return gateway.seat(model, seat=seat, episode=episode, seed=seed)

    def calls_and_tokens(episode: int) -> tuple[int, int]:
        tally = gateway.tally(episode)
        return tally.calls, tally.tokens

    # A model that cannot be opened is told now and not after some episodes.
    cast = configured_cast(config, game, ask_for, calls_and_tokens, memory)
    for model in cast.models:
        gateway.open(model)
    return cast
