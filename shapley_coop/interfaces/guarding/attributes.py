"""What a game declares of itself: each attribute is what the engine takes it for, or is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from numbers import Integral
from typing import Any, NamedTuple

from shapley_coop.errors import PluginError, value_text

MOST_STEPS = 1_000_000_000
"""Steps that an episode can be said to have, far above what can be played."""
_ABSENCES = ("removed", "idle", "baseline", "swap")
_ORACLE_ABSENCES = ("removed", "idle", "worst-reply")


class _Declared(NamedTuple):
    """What an attribute of a game may be."""

    words: str
    """It in words, for whoever declared something else."""
    is_sound: Callable[[Any, Any], bool]
    """The game and a value to whether the value is one."""


def check_declared(game: Any) -> None:
    """Raise PluginError for the first thing that a game declares and that is of no use.

    Args:
        game: about to be begun. Its seats are known.
    """
    for name, declared in _DECLARED.items():
        value = getattr(game, name)
        if not declared.is_sound(game, value):
            raise PluginError(
                f"{type(game).__name__}.{name} is {value_text(value)}; it is {declared.words}"
            )


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    # One half of a character can stand in no file.
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _is_name(value: object) -> bool:
    return _is_text(value) and bool(value)


def _is_optional_name(_game: Any, value: object) -> bool:
    return value is None or _is_name(value)


def _are_names(_game: Any, value: object) -> bool:
    """Return whether a value is a sequence of at least one name, each once."""
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    if not value or not all(map(_is_name, value)):
        return False
    return len(set(value)) == len(value)


def _is_horizon(_game: Any, value: object) -> bool:
    # Python counts True as the whole number 1, and nobody means that.
    if isinstance(value, bool) or not isinstance(value, Integral):
        return False
    return 1 <= int(value) <= MOST_STEPS


def _is_schedule(game: Any, value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(_are_offers(game, offers) for offers in value)


def _are_offers(game: Any, value: object) -> bool:
    if not isinstance(value, Mapping):
        return False
    known = set(game.actions)
    for offered in value.values():
        # What is no text may be nothing that can be looked up.
        if not _are_names(game, offered) or not known.issuperset(offered):
            return False
    return True


def _is_idle(game: Any, value: object) -> bool:
    return value is None or (isinstance(value, str) and value in game.actions)


def _are_writes(game: Any, value: object) -> bool:
    return isinstance(value, AbstractSet) and value <= set(game.actions)


def _are_absences(_game: Any, value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return bool(value) and all(each in _ABSENCES for each in value)


def _are_links(_game: Any, value: object) -> bool:
    if value is None:
        return True
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(map(_is_link, value))


def _is_link(pair: object) -> bool:
    if isinstance(pair, str) or not isinstance(pair, Sequence) or len(pair) != 2:
        return False
    return all(_is_name(seat) for seat in pair)


def _are_variants(_game: Any, value: object) -> bool:
    if isinstance(value, str) or not isinstance(value, Sequence):
        return False
    return all(isinstance(variant, Mapping) for variant in value)


_DECLARED: Mapping[str, _Declared] = {
    "name": _Declared("a text", lambda _, value: _is_text(value)),
    "actions": _Declared("a tuple of names, each once", _are_names),
    "writes": _Declared("a frozenset of some of its actions", _are_writes),
    "goal": _Declared("the name of an outcome", lambda _, value: _is_name(value)),
    "horizon": _Declared(f"a whole number from 1 to {MOST_STEPS:,}", _is_horizon),
    "schedule": _Declared(
        "a tuple of mappings of seats to some of its actions", _is_schedule
    ),
    "idle": _Declared("one of its actions, or None", _is_idle),
    "absences": _Declared(f"a tuple of some of {', '.join(_ABSENCES)}", _are_absences),
    "oracle_absence": _Declared(
        f"one of {', '.join(_ORACLE_ABSENCES)}, or None",
        lambda _, value: value is None or value in _ORACLE_ABSENCES,
    ),
    "externalities": _Declared(
        "True or False", lambda _, value: isinstance(value, bool)
    ),
    "planner": _Declared("the name of an agent, or None", _is_optional_name),
    "communication": _Declared("a tuple of pairs of seats, or None", _are_links),
    "variants": _Declared("a tuple of mappings", _are_variants),
    "possible_agents": _Declared("a list of names of seats, each once", _are_names),
}
