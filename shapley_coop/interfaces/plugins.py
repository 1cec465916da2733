"""Games, agents, models and credit methods by name: entry points, listed without importing."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import Parameter, getdoc, signature
from typing import Any, Literal

from shapley_coop.errors import PluginError, unknown

Group = Literal["games", "families", "agents", "models", "worths", "credit"]


@cache
def _found(group: Group) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"shapley_coop.{group}")}


def names(group: Group) -> tuple[str, ...]:
    """Return the registered names of a group, sorted, importing nothing."""
    return tuple(sorted(_found(group)))


def load(group: Group, name: str) -> Any:
    """Return the factory behind a registered name or a `module:attribute` path.

    A game may also be `family:id`, where a registered family makes the factory of the id.

    Raises:
        PluginError: the name is unknown, or its module or attribute cannot be imported.
    """
    point = _found(group).get(name)
    family, colon, rest = name.partition(":")
    if group == "games" and point is None and colon and family in _found("families"):
        return load("families", family)(rest)
    target = point.value if point else name
    module, _, attribute = target.partition(":")
    if point is None and not attribute:
        hint = (
            f"or give module:attribute; packages register under 'shapley_coop.{group}'"
        )
        raise PluginError(unknown(group.removesuffix("s"), name, _found(group), hint))
    try:
        value: Any = import_module(module)
        for part in attribute.split("."):
            value = getattr(value, part)
    except (
        Exception
    ) as error:  # a plug-in may fail in any way; name it instead of crashing
        raise PluginError(
            f"{group.removesuffix('s')} {name!r} is at {target!r}, which failed to load: "
            f"{type(error).__name__}: {error}"
        ) from error
    return value


def described(group: Group) -> list[dict[str, Any]]:
    """Return id, one line about it, and parameters with defaults, of everything in a group.

    This imports the plug-ins; one that fails to import is listed with its error.
    """
    rows = []
    for name in names(group):
        try:
            factory = load(group, name)
        except PluginError as error:
            rows.append(
                {"id": name, "about": f"cannot be loaded: {error}", "parameters": {}}
            )
            continue
        about = (getdoc(factory) or "").partition("\n")[0]
        taken = parameters(factory) if group == "games" else {}
        rows.append({"id": name, "about": about, "parameters": taken})
    return rows


def parameters(factory: Any) -> dict[str, Any]:
    """Return what a game's factory can be told, with defaults; None where it must be told."""
    found = signature(factory).parameters.values()
    return {
        p.name: None if p.default is Parameter.empty else p.default
        for p in found
        if p.name != "render_mode"
    }
