"""Plug-ins by group and name: entry points, which are listed without importing them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import Parameter, getdoc, signature
from typing import Any, Literal, NamedTuple

from shapley_coop.errors import PluginError, unknown

Group = Literal[
    "games", "families", "agents", "models", "worths", "settlements", "credit"
]


class PluginEntry(NamedTuple):
    """One registered plug-in."""

    name: str
    about: str
    """One line from its docstring, or why it cannot be loaded."""
    parameters: Mapping[str, Any]
    """Those of a game with their defaults. None stands for a parameter that has none."""

    def parameter_text(self) -> str:
        """Return the parameters as they are written, `name=value`, with commas between."""
        pairs = [f"{name}={value}" for name, value in self.parameters.items()]
        return ", ".join(pairs)


@cache
def _points(group: Group) -> dict[str, EntryPoint]:
    installed = entry_points(group=f"shapley_coop.{group}")
    return {point.name: point for point in installed}


def names(group: Group) -> tuple[str, ...]:
    """Return the registered names of a group, sorted, importing nothing."""
    return tuple(sorted(_points(group)))


def load(group: Group, name: str) -> Any:
    """Return the factory behind a registered name or a `module:attribute` path.

    A game may also be `family:id`, where a registered family makes the factory of the id.

    Raises:
        PluginError: the name is unknown, or its module or attribute cannot be imported.
    """
    one = group.removesuffix("s")
    point = _points(group).get(name)
    family, colon, rest = name.partition(":")
    if group == "games" and point is None and colon and family in _points("families"):
        return load("families", family)(rest)
    target = point.value if point else name
    module, _, attribute = target.partition(":")
    if point is None and not attribute:
        hint = (
            f"or give module:attribute; packages register under 'shapley_coop.{group}'"
        )
        raise PluginError(unknown(one, name, _points(group), hint))
    # A plug-in may fail in any way. Its error names it instead of crashing the program.
    try:
        value: Any = import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except Exception as error:
        raise PluginError(
            f"{one} {name!r} is at {target!r}, which failed to load: "
            f"{type(error).__name__}: {error}"
        ) from error
    return value


def describe(group: Group) -> list[PluginEntry]:
    """Return everything that is registered in a group.

    This imports the plug-ins. One that cannot be imported is listed with its error.
    """
    entries = []
    for name in names(group):
        # One broken plug-in must not hide the others.
        try:
            factory = load(group, name)
        except PluginError as error:
            about = f"cannot be loaded: {error}"
            entries.append(PluginEntry(name, about, {}))
            continue
        about = (getdoc(factory) or "").partition("\n")[0]
        settings = parameters(factory) if group == "games" else {}
        entries.append(PluginEntry(name, about, settings))
    return entries


def parameters(factory: Any) -> dict[str, Any]:
    """Return the parameters of a game's factory with their defaults.

    None stands for a parameter without a default. How a game renders is no parameter of it.
    Parameters that the factory hands on without naming them are not listed.
    """
    defaults = {}
    for parameter in signature(factory).parameters.values():
        if parameter.name == "render_mode" or parameter.kind is Parameter.VAR_KEYWORD:
            continue
        given = parameter.default is not Parameter.empty
        defaults[parameter.name] = parameter.default if given else None
    return defaults


def hands_on_parameters(factory: Any) -> bool:
    """Return whether a factory also takes parameters that it does not name.

    An adapter does, since it hands them on to an environment that nobody here wrote.
    """
    kinds = [parameter.kind for parameter in signature(factory).parameters.values()]
    return Parameter.VAR_KEYWORD in kinds
