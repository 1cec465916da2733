"""What the Python API is given, checked and put together into one configuration."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from contextlib import suppress
from numbers import Integral
from pathlib import Path
from typing import Any, SupportsInt

from shapley_coop.config.resolve import put, resolve
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError, InputError

# A section for which a name alone can stand, and the field of it that holds the name.
_NAMED_SECTIONS = {"game": "id", "protocol": "name"}


def configure(
    game: str, arguments: Mapping[str, Any], settings: Mapping[str, Any] | None
) -> Config:
    """Return the configuration of a game, of named arguments and of settings.

    Args:
        game: a registered name, or `module:attribute`.
        arguments: named arguments by the field that each sets. None stands for the default.
        settings: other fields, written with dots or as tables.

    Raises:
        ConfigError: one of them cannot be used, or the settings name another game.
    """
    check_game_name(game)
    # The game's name comes first, so that settings can add parameters beside it.
    tables: dict[str, Any] = {}
    put(tables, ("game", "id"), game)
    if settings is not None:
        put_settings(tables, settings)
    other = tables["game"]["id"]
    if other != game:
        raise ConfigError(
            f"the game is named {game!r}, but the settings name {other!r}; name it once",
            field="game.id",
        )
    # A named argument is nearer to the reader than a settings table, so it wins.
    for field, value in arguments.items():
        if value is not None:
            _put_argument(tables, field, value)
    return resolve(tables)


def check_game_name(game: object) -> None:
    """Raise a ConfigError if a game is not given by its name."""
    if not isinstance(game, str):
        raise ConfigError(
            f"a game is given by its name or as 'module:attribute', got {game!r}; a run has to "
            f"be playable again from its folder",
            field="game.id",
        )


def as_path(
    value: object, *, field: str, error: type[InputError] = ConfigError
) -> Path:
    """Return the path of a folder.

    Args:
        value: a text or a path.
        field: the argument that it is.
        error: what is raised.

    Raises:
        InputError: the value is neither, or no system could have such a path.
    """
    path = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    # An empty path would be the folder that the caller happens to be in.
    if not isinstance(path, str) or "\0" in path or not path.strip():
        message = f"{field} is the path of a folder, as a text or a Path, got {value!r}"
        raise error(message, field=field)
    return Path(path)


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number, of Python or of numpy."""
    # Python counts True as the whole number 1, and nobody means that.
    return isinstance(value, Integral) and not isinstance(value, bool)


def whole_number(value: object, *, field: str, least: int) -> int:
    """Return an argument as a whole number.

    Raises:
        ConfigError: it is none, or smaller than `least`.
    """
    # The types are asked here too, so that a text is never compared with a number.
    if not is_whole(value) or not isinstance(value, SupportsInt) or int(value) < least:
        raise ConfigError(
            f"{field} is a whole number of at least {least}, got {value!r}", field=field
        )
    return int(value)


def player_names(players: object) -> tuple[Any, ...]:
    """Return the players of a coalition game by name, or numbered from 0.

    Args:
        players: how many there are, or their names.

    Raises:
        ConfigError: it is neither, or a name is empty or stands twice.
    """
    if isinstance(players, bool | float | str) or not isinstance(players, Iterable):
        return tuple(range(whole_number(players, field="players", least=0)))
    names = tuple(players)
    for name in names:
        if not isinstance(name, Hashable) or name in {None, ""}:
            raise ConfigError(
                f"a player has a name or a number, got {name!r}", field="players"
            )
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        listed = ", ".join(repr(name) for name in twice)
        raise ConfigError(
            f"players are named twice: {listed}; give each a name of its own",
            field="players",
        )
    return names


def coalition_members(key: object) -> tuple[Any, ...]:
    """Return the players of a mapping's key. A text is names joined by plus signs.

    Raises:
        ConfigError: the key is no coalition, or names a player twice.
    """
    members = None
    if isinstance(key, str):
        # The empty text is nobody, not somebody without a name.
        names = key.split("+") if key.strip() else []
        members = tuple(name.strip() for name in names)
    elif isinstance(key, Iterable) and not isinstance(key, bytes):
        members = tuple(key)
    if members is None or "" in members or len(set(members)) < len(members):
        raise ConfigError(
            f"a coalition is a tuple of players or names joined by plus signs, such as 'a+b', "
            f"each player once, got {key!r}",
            field="game",
        )
    return members


def coalition_worth(value: Any, members: Iterable[Any]) -> float:
    """Return the value of a coalition as a number.

    Raises:
        ConfigError: it is no number.
    """
    # A text that looks like a number is more often a mistake than a value.
    if not isinstance(value, str | bytes):
        with suppress(TypeError, ValueError):
            return float(value)
    named = ", ".join(str(member) for member in members)
    raise ConfigError(
        f"the value of a coalition is a number, but that of {{{named}}} is {value!r}",
        field="game",
    )


def put_settings(tables: dict[str, Any], settings: object) -> None:
    """Put settings, written with dots or as tables, into raw tables of a configuration.

    Raises:
        ConfigError: they are no mapping, or a section of one of them is a value.
    """
    if not isinstance(settings, Mapping):
        raise ConfigError(
            f"settings are a mapping such as {{'game.seats': 5}}, got {settings!r}",
            field="settings",
        )
    _put_all(tables, settings)


def _put_argument(tables: dict[str, Any], field: str, value: Any) -> None:
    """Put a named argument over what settings say, and leave what they say beside it."""
    # A seat's name may hold a dot, so seats are not read as settings are.
    if field == "seats" and isinstance(value, Mapping):
        for seat, agent in value.items():
            put(tables, (field, seat), agent)
    elif isinstance(value, Mapping):
        _put_all(tables, value, (field,))
    else:
        _put_value(tables, field.split("."), value)


def _put_all(
    tables: dict[str, Any], settings: Mapping[Any, Any], path: Sequence[str] = ()
) -> None:
    """Put settings into raw tables, whether they are written with dots or as tables."""
    for name, value in settings.items():
        if not isinstance(name, str):
            raise ConfigError(
                f"the name of a setting is a text such as 'game.seats', got {name!r}",
                field=".".join(path) or "settings",
            )
        # Tables are taken apart to their fields: one given whole would hide what is beside it.
        keys = (*path, *name.split("."))
        if isinstance(value, Mapping):
            _put_all(tables, value, keys)
        else:
            _put_value(tables, keys, value)


def _put_value(tables: dict[str, Any], keys: Sequence[str], value: Any) -> None:
    # A name alone becomes a field of its section, where it hides nothing beside it.
    if len(keys) == 1 and keys[0] in _NAMED_SECTIONS:
        section = keys[0]
        keys = (section, _NAMED_SECTIONS[section])
    put(tables, keys, value)
