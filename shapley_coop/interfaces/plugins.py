"""Plug-ins by group and name: entry points, which are listed without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from inspect import Parameter, Signature, getdoc, isclass, isroutine, signature
from typing import Any, Literal, NamedTuple, get_args

from shapley_coop.errors import Blame, PluginError, cause_text, unknown
from shapley_coop.interfaces.model import Declaring, Provider
from shapley_coop.records.words import setting_text

Group = Literal[
    "games",
    "families",
    "agents",
    "models",
    "policies",
    "worths",
    "settlements",
    "credit",
]

# What a user changes to name another one.
_FIELDS: Mapping[str, str] = {
    "games": "game.id",
    "families": "game.id",
    "agents": "agent",
    "models": "model.name",
    "policies": "agent",
    "worths": "worth.kind",
    "settlements": "protocol.settlement",
    "credit": "credit",
}


class PluginEntry(NamedTuple):
    """One registered plug-in."""

    name: str
    about: str
    """One line from its docstring, or why it cannot be loaded."""
    parameters: Mapping[str, Any]
    """Those of a game with their defaults. None stands for a parameter that has none."""

    def parameter_text(self) -> str:
        """Return the parameters as they are written, `name=value`, with commas between."""
        pairs = [
            f"{name}={setting_text(value)}" for name, value in self.parameters.items()
        ]
        return ", ".join(pairs)


@cache
def _targets(group: Group) -> dict[str, tuple[str, ...]]:
    """Return the places, `module:attribute`, that installed packages register by name.

    A name has one place, unless packages disagree about it.
    """
    targets: dict[str, tuple[str, ...]] = {}
    for point in entry_points(group=f"shapley_coop.{group}"):
        others = targets.get(point.name, ())
        # A package that is installed twice says the same thing twice.
        if point.value not in others:
            targets[point.name] = (*others, point.value)
    return targets


def names(group: Group) -> tuple[str, ...]:
    """Return the registered names of a group, sorted, importing nothing."""
    return tuple(sorted(_targets(group)))


def load(group: Group, name: str) -> Any:
    """Return the factory behind a registered name or a `module:attribute` path.

    A game may also be `family:id`, where a registered family makes the factory of the id.

    Raises:
        PluginError: the group or the name is unknown, or several packages register the name; its
            module or attribute cannot be imported, or is nothing that the group can use.
    """
    if group not in get_args(Group):
        raise PluginError(unknown("group of plug-ins", group, get_args(Group)))
    # Errors speak of one thing, "game", where groups are called "games".
    one, field = group.removesuffix("s"), _FIELDS[group]
    known = _targets(group)
    targets = known.get(name, ())
    # Only games come in families. A registered name counts before a family's.
    family, colon, rest = name.partition(":")
    if group == "games" and not targets and colon and family in _targets("families"):
        return load("families", family)(rest)
    # Which package comes first on the path is chance, and must not decide what is played.
    if len(targets) > 1:
        places = " and ".join(repr(target) for target in targets)
        raise PluginError(
            f"{one} {name!r} is registered more than once, at {places}; "
            "name the one that you mean as module:attribute",
            field=field,
        )
    if not targets and not rest:
        hint = (
            f"or give module:attribute; packages register under 'shapley_coop.{group}'"
        )
        raise PluginError(unknown(one, name, known, hint), field=field)
    target = targets[0] if targets else name
    value = import_attribute(f"{one} {name!r}", target, field)
    fault = _fault(group, value)
    if fault is not None:
        raise PluginError(
            f"{one} {name!r} is at {target!r}, which {fault}", field=field
        )
    return value


def import_attribute(what: str, target: str, field: str) -> Any:
    """Return what stands at `module:attribute`.

    Args:
        what: what it is to be, for the error.
        target: the path.
        field: the setting that holds the path.

    Raises:
        PluginError: the module or the attribute cannot be imported.
    """
    module, _, attribute = target.partition(":")

    def failure(error: BaseException) -> PluginError:
        fault = f"which failed to load: {cause_text(error)}"
        return PluginError(f"{what} is at {target!r}, {fault}", field=field)

    with Blame(failure):
        value: Any = import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    return value


def _fault(group: Group, value: Any) -> str | None:
    """Return what keeps a value from being of use to a group, or None."""
    # A settlement mode is a record. Everything else is made by calling what was registered.
    if group == "settlements":
        return None
    if not callable(value):
        return f"is no class and no function but of type {type(value).__name__!r}"
    # Every command asks all backends what keys look like, so one must not break the others.
    if (
        group == "models"
        and isinstance(value, Declaring)
        and not isinstance(value.provider, Provider)
    ):
        return (
            f"declares a provider of type {type(value.provider).__name__!r}; give a "
            "shapley_coop.interfaces.model.Provider, or none for the defaults"
        )
    return None


def place_of(value: object) -> str:
    """Return where a plug-in's class, function or object comes from, as `module.name`."""
    home = value if isclass(value) or isroutine(value) else type(value)
    return f"{home.__module__}.{home.__qualname__}"


def describe(group: Group) -> list[PluginEntry]:
    """Return everything that is registered in a group.

    This imports the plug-ins. One that cannot be used is listed with its error.
    """
    entries = []
    for name in names(group):
        # One broken plug-in must not hide the others.
        try:
            factory = load(group, name)
            settings = parameters(factory) if group == "games" else {}
        except Exception as error:  # noqa: BLE001 - a plug-in may fail in any way
            about = f"cannot be loaded: {error}"
            entries.append(PluginEntry(name, about, {}))
            continue
        about = (getdoc(factory) or "").partition("\n")[0]
        entries.append(PluginEntry(name, about, settings))
    return entries


def parameters(factory: Any) -> dict[str, Any]:
    """Return the parameters of a game's factory with their defaults.

    None stands for a parameter without a default. How a game renders is no parameter of it.
    Parameters that the factory hands on without naming them are not listed.

    Raises:
        PluginError: the factory does not tell its parameters, as some written in C do not.
    """
    defaults = {}
    for parameter in _signature(factory).parameters.values():
        if parameter.name == "render_mode" or parameter.kind is Parameter.VAR_KEYWORD:
            continue
        given = parameter.default is not Parameter.empty
        defaults[parameter.name] = parameter.default if given else None
    return defaults


def takes_render_mode(factory: Any) -> bool:
    """Return whether a game's factory can be told how the game renders."""
    named = "render_mode" in _signature(factory).parameters
    return named or hands_on_parameters(factory)


def required_parameters(factory: Any) -> tuple[str, ...]:
    """Return the parameters without which a game's factory cannot be called."""
    # Further arguments and keywords may be left out, though they have no default either.
    rest = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    return tuple(
        parameter.name
        for parameter in _signature(factory).parameters.values()
        if parameter.default is Parameter.empty and parameter.kind not in rest
    )


def hands_on_parameters(factory: Any) -> bool:
    """Return whether a factory also takes parameters that it does not name.

    An adapter does, since it hands them on to an environment that nobody here wrote.
    """
    kinds = [parameter.kind for parameter in _signature(factory).parameters.values()]
    return Parameter.VAR_KEYWORD in kinds


def _signature(factory: Any) -> Signature:
    try:
        return signature(factory)
    except (TypeError, ValueError) as error:
        raise PluginError(
            f"{factory!r} is no factory of games: it does not tell its parameters ({error})"
        ) from error
