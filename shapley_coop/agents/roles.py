"""Who a name means: an agent, or a language model, for each seat and for absent ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.kinds import absence_of
from shapley_coop.errors import (
    AgentError,
    Blame,
    ConfigError,
    InputError,
    PluginError,
    cause_text,
    unknown,
)
from shapley_coop.interfaces.agent import AgentFactory, GameCheck, UnseededFactory
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load, names, place_of
from shapley_coop.llm.backends.policy import card_of, folder_of
from shapley_coop.llm.specs import names_a_file
from shapley_coop.records import Seat


class Role(NamedTuple):
    """An agent's factory and the model it asks, if it asks one."""

    factory: AgentFactory
    model: str | None

    @property
    def decides_unseeded(self) -> bool:
        """Whether more than the seat's generator decides: a model, a person."""
        return self.model is not None or isinstance(self.factory, UnseededFactory)


def agent_factory(name: str) -> AgentFactory:
    """Return the factory of a registered agent, or of a `module:attribute` path.

    Raises:
        PluginError: there is none, or it does not say whether it needs a model.
    """
    factory = load("agents", name)
    # Whether a model is opened hangs on it, so it is no matter for a guess.
    if not isinstance(factory, AgentFactory) or not isinstance(
        factory.needs_model, bool
    ):
        raise PluginError(
            f"agent {name!r} does not say whether it needs a model; set needs_model on its "
            "factory to True or False",
            field="agent",
        )
    return factory


def role(spec: str, default_model: str) -> Role:
    """Return who a name means: a registered agent, `module:attribute`, or a model.

    Raises:
        PluginError: no agent or model of that name.
    """
    trained = _trained_policy(spec)
    if trained is not None:
        return Role(trained, None)
    is_agent = spec in names("agents")
    is_file = spec.endswith(".gguf")
    is_model = is_file or "/" in spec or spec in names("models")
    is_model = is_model or names_a_file(spec)
    # An agent's own name comes first. A URL holds a colon too, so models come second.
    if is_model and not is_agent:
        return Role(load("agents", "llm"), spec)
    if is_agent or ":" in spec:
        factory = agent_factory(spec)
        return Role(factory, default_model if factory.needs_model else None)
    models = ", ".join(names("models"))
    hint = f"models: {models}; or provider/model, URL#model, module:attr"
    raise PluginError(unknown("agent", spec, names("agents"), hint), field="agent")


def unaided_factory(spec: str, *, field: str) -> AgentFactory:
    """Return the factory of an agent that asks neither a model nor a person: a rule, a network.

    Args:
        spec: who is meant.
        field: the setting that names it.

    Raises:
        ConfigError: it asks one of them.
        PluginError: there is no such agent, or it is a trained policy whose card cannot be read.
    """
    folder = folder_of(spec)
    if folder is not None:
        # A policy that is not there must not be told as one that is a model.
        try:
            card_of(folder)
        except InputError as error:
            raise PluginError(str(error), field=field) from error
    found = role(spec, "")
    if found.decides_unseeded:
        raise ConfigError(
            f"{spec!r} asks a model or a person, for whom training cannot wait; take a rule agent "
            "such as 'rational', or a recurrent policy",
            field=field,
        )
    return found.factory


def _trained_policy(spec: str) -> AgentFactory | None:
    """Return the factory of a trained policy that decides by itself, or None if none is meant.

    A policy that is a language model is asked as other models are. So is one whose card cannot be
    read, and then that is what the error says.
    """
    folder = folder_of(spec)
    if folder is None:
        return None
    try:
        kind = card_of(folder).get("kind")
    except InputError:
        return None
    if kind not in names("policies"):
        return None
    factory: AgentFactory = load("policies", kind)(folder)
    return factory


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
        try:
            roles[seat] = role(name, default_model)
        except PluginError as error:
            # Who sits here may have been named for this seat alone.
            error.field = "seats" if seat in exceptions else "agent"
            raise
    return roles


def check_roles(
    roles: Mapping[Seat, Role], game: Game, protocol: NegotiationProtocol
) -> None:
    """Raise ConfigError if some kind of agent cannot play the game under the protocol."""
    # One check for each kind of agent, however many seats it has.
    factories = {id(member.factory): member.factory for member in roles.values()}
    for factory in factories.values():
        if isinstance(factory, GameCheck):
            _check_game(factory, game, protocol)


def _check_game(factory: GameCheck, game: Game, protocol: NegotiationProtocol) -> None:
    def failure(error: BaseException) -> AgentError:
        check = f"agent {place_of(factory)}: check_game"
        return AgentError(f"{check} failed for {game.name}: {cause_text(error)}")

    with Blame(failure):
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
