"""The configuration of a run: read in one place, validated once, no default stated twice."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from shapley_coop.config.section import Section, section_of
from shapley_coop.config.sections import Config
from shapley_coop.config.shorthands import expand_game
from shapley_coop.errors import ConfigError, unknown


def read(path: Path) -> dict[str, Any]:
    """Return the raw tables of a TOML file.

    Raises:
        ConfigError: the file is missing, unreadable or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"cannot read config {str(path)!r}: {error.strerror}"
        raise ConfigError(message) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"config {str(path)!r} is no TOML: {error}"
        raise ConfigError(message) from error


def resolve(raw: Mapping[str, Any], overrides: Iterable[str] = ()) -> Config:
    """Return the validated configuration of raw tables and `a.b=c` overrides.

    `protocol` may be a name, or a table whose `name` picks the protocol that its other keys
    vary. `game` may be a name.

    Raises:
        ConfigError: an unknown key, protocol or a wrong value; every fault is listed.
    """
    # What was handed in is left alone, since overrides are put into tables.
    tables = copy.deepcopy(dict(raw))
    apply_overrides(tables, overrides)
    game = expand_game(tables.get("game"))
    if not isinstance(game, Mapping) or not game.get("id"):
        instead = "" if game is None else f", got {game!r}"
        raise ConfigError(
            f"the configuration names no game{instead}; give a registered name "
            "or module:attribute",
            field="game.id",
        )
    _refuse_undecodable(tables)
    try:
        return Config.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(_explain(error)) from error


def _refuse_undecodable(value: Any, path: str = "") -> None:
    """Refuse a text with bytes of a command line in it that are no characters of any file."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            shown = value.encode("ascii", "backslashreplace").decode()
            raise ConfigError(
                f"{path} holds a byte that is no character: '{shown}'", field=path
            ) from error
    elif isinstance(value, Mapping):
        for name, part in value.items():
            _refuse_undecodable(str(name), f"a name in {path or 'the configuration'}")
            _refuse_undecodable(part, f"{path}.{name}".removeprefix("."))
    elif isinstance(value, list | tuple):
        for part in value:
            _refuse_undecodable(part, path)


def apply_overrides(tables: dict[str, Any], overrides: Iterable[str]) -> None:
    """Set fields of raw tables by texts of the form `section.field=value`.

    Raises:
        ConfigError: a text has another form, or a section of it is a value.
    """
    for override in overrides:
        _override(tables, override)


def _override(tables: dict[str, Any], override: str) -> None:
    path, equals, text = override.partition("=")
    keys = _keys(path.strip())
    readable = equals and all(keys)
    if not readable:
        raise ConfigError(
            f"cannot read override {override!r}; write section.field=value"
        )
    if len(keys) == 1:
        tables[keys[0]] = read_value(text)
        return
    # A name alone becomes a table, so that other fields can be put beside it.
    if isinstance(tables.get("protocol"), str):
        tables["protocol"] = {"name": tables["protocol"]}
    tables["game"] = expand_game(tables.get("game", {}))
    put(tables, keys, read_value(text))


def _keys(path: str) -> list[str]:
    """Return the names that a path is made of. Names in quotation marks may hold dots."""
    try:
        table: Any = tomllib.loads(f"{path} = 0")
    except tomllib.TOMLDecodeError:
        return path.split(".")
    keys: list[str] = []
    while isinstance(table, dict):
        ((name, table),) = table.items()
        keys.append(name)
    return keys


def put(tables: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    """Set the field that `keys` lead to, making sections on the way.

    Raises:
        ConfigError: one of the sections is a value.
    """
    *sections, field = keys
    here = tables
    for section in sections:
        here = here.setdefault(section, {})
        if not isinstance(here, dict):
            name = ".".join(keys)
            raise ConfigError(
                f"cannot set {name}: {section!r} is a value, not a section", field=name
            )
    here[field] = value


def read_value(text: str) -> Any:
    """Return the TOML value that a text is. What is no TOML value is a string."""
    # TOML knows numbers, lists and tables. Quotes around every name would be a nuisance.
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text.strip()


def _explain(error: ValidationError) -> str:
    """Return all faults of a configuration in one line, each with what was given."""
    lines = []
    for fault in error.errors():
        path = [str(part) for part in fault["loc"]]
        name = ".".join(path)
        # A field that nobody knows is mostly a slip, so those beside it are named.
        if fault["type"] == "extra_forbidden":
            lines.append(unknown("field", name, _fields(path[:-1])))
        else:
            lines.append(f"{name}: {fault['msg'].lower()}, got {fault['input']!r}")
    return "; ".join(lines)


def _fields(path: list[str]) -> list[str]:
    """Return the full names of the fields that exist beside a wrong one."""
    section: type[Section] = Config
    for key in path:
        annotation = section.model_fields[key].annotation
        section = section_of(annotation) or section
    return [".".join([*path, name]) for name in section.model_fields]
