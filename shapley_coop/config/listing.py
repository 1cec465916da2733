"""Every field of a resolved configuration, its value, and where that value came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from shapley_coop.config.sections import Config

Source = Literal["default", "preset", "file", "flag", "derived"]
"""The field's own default, the named protocol, a configuration file, the command line, or another
setting from which the value follows."""
Tables = Mapping[str, Any]
Layer = tuple[Source, Tables]
"""Raw tables of a configuration, with where they came from."""


class Setting(NamedTuple):
    """One field of a configuration."""

    field: str
    """Its full name, such as `limits.cost`."""
    value: Any
    source: Source


def list_settings(
    config: Config, layers: Sequence[Layer], game_defaults: Tables
) -> list[Setting]:
    """Return every field of a configuration, in the order of its sections.

    Args:
        config: a resolved configuration.
        layers: the tables that it was resolved from, each with its source. Where several set a
            field, the last one did.
        game_defaults: the parameters of the game with their defaults.
    """
    whole = config.model_dump(mode="json")
    # A configuration holds the parameters that were set, and the game knows the others.
    whole["game"] |= {
        name: default
        for name, default in game_defaults.items()
        if name not in whole["game"]
    }
    settings = []
    for path, value in _leaves(whole):
        source: Source = "preset" if path[0] == "protocol" else "default"
        for name, tables in layers:
            if _sets(tables, path):
                source = name
        settings.append(Setting(".".join(path), value, source))
    return settings


def _leaves(
    tables: Tables, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Any]]:
    for key, value in tables.items():
        # An empty table is a value: it says that nothing was put there.
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _sets(tables: Tables, path: Sequence[str]) -> bool:
    """Return whether tables hold the field that a path leads to."""
    # A protocol given by its name alone sets that name and leaves the rest to the preset.
    if isinstance(tables.get("protocol"), str) and path[0] == "protocol":
        return path[1] == "name"
    here: Any = tables
    for key in path:
        if not isinstance(here, Mapping) or key not in here:
            return False
        here = here[key]
    return True
