"""What the methods of a game may return, and what is wrong with a value that one returned."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, SupportsFloat

import numpy as np
from pettingzoo import ParallelEnv

from shapley_coop.errors import unknown, value_text
from shapley_coop.interfaces.moments import Preview, Snapshot
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, Security
from shapley_coop.records import Step
from shapley_coop.records.statements import Statement, StatementKind


class Return(NamedTuple):
    """What a method may return."""

    words: str
    """It in words, for whoever returned something else."""
    fault: Callable[[Any, Any], str | None]
    """The game and a value to what is wrong with the value. None if nothing is, and an empty text
    if it is of another type."""
    is_worth: bool = False
    """Whether it may hold functions of the game's, which are then called from elsewhere."""


def rewards_fault(game: Any, payments: object) -> str | None:
    """Return what is wrong with the rewards of a step, an empty text if they are no mapping."""
    if not _is_mapping(payments):
        return ""
    assert isinstance(payments, Mapping)
    for seat in game.agents:
        if seat not in payments:
            return f"no reward for {seat!r}"
    # Who acts is paid, so only more rewards than that can be of somebody else.
    if len(payments) > len(game.agents):
        for seat in payments:
            if seat not in game.possible_agents:
                strangers = unknown("seat", str(seat), game.possible_agents)
                return f"a reward for {strangers}"
    for seat, reward in payments.items():
        # A text that looks like a number is more often a mistake than a reward.
        if not _is_number(reward):
            return f"{value_text(reward)} as the reward of {seat!r}"
    return None


# A game is asked millions of times while credit is measured, and to ask whether a value keeps a
# protocol takes longer than most steps. So the types that almost all games use are told first.


def _is_mapping(value: object) -> bool:
    return type(value) is dict or isinstance(value, Mapping)


def _is_sequence(value: object) -> bool:
    if type(value) is tuple:
        return True
    # A lone text is a sequence of its letters, so it is told apart.
    return isinstance(value, Sequence) and not isinstance(value, str)


def _is_number(value: object) -> bool:
    if type(value) in (float, int):
        return True
    if not isinstance(value, SupportsFloat):
        return False
    # An array of several numbers claims to be one.
    try:
        float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _of_type(*types: type) -> Callable[[Any, Any], str | None]:
    """Return a check that a value is of one of some types."""

    def fault(_game: Any, value: Any) -> str | None:
        return None if isinstance(value, types) else ""

    return fault


def _names_fault(_game: Any, value: Any) -> str | None:
    # A lone text is a sequence of its letters, so it is told apart.
    if isinstance(value, str) or not isinstance(value, Sequence | AbstractSet):
        return ""
    others = [name for name in value if not isinstance(name, str)]
    return f"{value_text(others[0])} among the names" if others else None


def _team_fault(game: Any, value: Any) -> str | None:
    fault = _names_fault(game, value)
    if fault is not None:
        return fault
    for seat in value:
        if seat not in game.possible_agents:
            return unknown("seat", seat, game.possible_agents)
    return None


def _outcomes_fault(game: Any, value: Any) -> str | None:
    # Outcomes are compared as sets, which no other collection can be.
    return _names_fault(game, value) if isinstance(value, AbstractSet) else ""


def _legal_fault(game: Any, value: Any) -> str | None:
    # Most games leave all their actions open, and these are known.
    if value is game.actions:
        return None
    if not _is_sequence(value):
        return ""
    if not value and game.agents:
        return "no action before the game is over"
    return _unknown_action(game, value)


def _unknown_action(game: Any, actions: Sequence[Any]) -> str | None:
    for action in actions:
        # What is no text may be nothing that can be looked up.
        if not isinstance(action, str):
            return f"{value_text(action)} among the actions"
        if action not in game.index:
            return unknown("action", action, game.actions)
    return None


def _action_fault(game: Any, value: Any) -> str | None:
    if not isinstance(value, str):
        return ""
    return _unknown_action(game, _action_names(game, (value,)))


def _action_names(game: Any, deeds: Sequence[Any]) -> list[Any]:
    """Return the names alone of actions that may hold texts."""
    return [game.deed(deed).action if isinstance(deed, str) else deed for deed in deeds]


def _plan_fault(game: Any, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return ""
    for seat, line in value.items():
        if not _is_sequence(line) or _unknown_action(game, _action_names(game, line)):
            return f"{value_text(line)} as the plan of {seat!r}"
    return _missing_seat(game, value, "plan")


def _missing_seat(game: Any, value: Mapping[Any, Any], noun: str) -> str | None:
    for seat in game.agents:
        if seat not in value:
            return f"no {noun} for {seat!r}"
    return None


def _is_finite(value: Any) -> bool:
    # A whole number may be larger than any float.
    return _is_number(value) and abs(value) <= sys.float_info.max


def _figures_fault(game: Any, value: Any) -> str | None:
    """Return what is wrong with a figure of each seat."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        return ""
    for seat, figure in value.items():
        if not _is_finite(figure):
            return f"{value_text(figure)} as the figure of {seat!r}"
    return _missing_seat(game, value, "figure")


def _finite_fault(_game: Any, value: Any) -> str | None:
    return None if _is_finite(value) else ""


def _facts_or_none_fault(_game: Any, value: Any) -> str | None:
    return None if value is None or isinstance(value, Mapping) else ""


def _items_of(kind: type) -> Callable[[Any, Any], str | None]:
    """Return a check that a value is a tuple of things of one type."""

    def fault(_game: Any, value: Any) -> str | None:
        if not _is_sequence(value):
            return ""
        others = [item for item in value if not isinstance(item, kind)]
        return f"{value_text(others[0])} among them" if others else None

    return fault


def _right_fault(_game: Any, value: Any) -> str | None:
    if value is None:
        return None
    return None if _is_number(value) and -1 <= value <= 1 else ""


def _twin_fault(game: Any, value: Any) -> str | None:
    return None if isinstance(value, type(game)) else ""


def _restricted_fault(_game: Any, value: Any) -> str | None:
    # `Game` cannot be named here, since it is made of what is checked here.
    return None if value is None or isinstance(value, ParallelEnv) else ""


def _worth_fault(game: Any, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, CoalitionWorth | CountWorth):
        return ""
    # Nobody checks what a dataclass is made with.
    functions: tuple[Any, ...] = (value.values, value.draws)
    for function in functions:
        if function is not None and not callable(function):
            return f"a worth of {value_text(function)}, which is no function"
    groups = value.kinds if isinstance(value, CountWorth) else (value.seats,)
    if not _is_sequence(groups) or not all(map(_is_sequence, groups)):
        return f"a worth of {value_text(groups)}, which are no seats"
    for group in groups:
        for seat in group:
            if seat not in game.possible_agents:
                strangers = unknown("seat", str(seat), game.possible_agents)
                return f"a worth of {strangers}"
    return None


def _security_fault(game: Any, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Security):
        return ""
    # Minus infinity is true of a seat that can lose without end, and nan of nobody.
    if not _is_number(value.value) or math.isnan(value.value):
        return f"{value_text(value.value)} as the value"
    return _unknown_action(game, (value.action,))


_WORTH = Return("a CoalitionWorth, a CountWorth or None", _worth_fault, is_worth=True)
_NAMES = Return("names, such as a tuple of texts", _names_fault)
_ACTION = Return("the name of an action", _action_fault)

RETURNS: Mapping[str, Return | None] = {
    # What a game writes.
    "begin": None,
    "advance": Return("{seat: number} of every seat that acts", rewards_fault),
    "facts": Return("a mapping of JSON values", _of_type(Mapping)),
    "legal": Return("a sequence of names of actions", _legal_fault),
    "over": Return("True or False", _of_type(bool, np.bool_)),
    "reopens": Return("True or False", _of_type(bool, np.bool_)),
    "worth_twin": Return("seats of this game", _team_fault),
    "outcomes": Return("a frozenset of names", _outcomes_fault),
    "possible_outcomes": _NAMES,
    "statement_kinds": Return("a tuple of StatementKind", _items_of(StatementKind)),
    "statements": Return("a tuple of Statement", _items_of(Statement)),
    "step_reward": Return("a number from -1 to 1, or None", _right_fault),
    "features": Return("an array", _of_type(np.ndarray)),
    "picture": Return("a text", _of_type(str)),
    "frame": Return("an array", _of_type(np.ndarray)),
    "oracle": _WORTH,
    "replay_oracle": _WORTH,
    "realised_oracle": _WORTH,
    "plan": Return("{seat: actions} of every seat, or None", _plan_fault),
    "security": Return("a Security(value, action) or None", _security_fault),
    "contributions": Return("{seat: number} of every seat, or None", _figures_fault),
    "worth_of_nobody": Return("a finite number", _finite_fault),
    "aftermath": Return("a mapping of JSON values, or None", _facts_or_none_fault),
    "restrict": Return("a game or None", _restricted_fault),
    # What only few games write again.
    "twin": Return("another game of its class", _twin_fault),
    "forget_chance": None,
    "fallback": _ACTION,
    "follow": _ACTION,
    "idle_action": _ACTION,
    "snapshot": Return("a Snapshot", _of_type(Snapshot)),
    "restore": None,
    "apply": Return("a Step", _of_type(Step)),
    "start": None,
    "fresh": Return("another game of its class", _twin_fault),
    "lookahead": Return("another game of its class", _twin_fault),
    "preview": Return("a Preview", _of_type(Preview)),
    "step": Return("five mappings by seat", _of_type(tuple)),
    "reset": Return("observations and infos", _of_type(tuple)),
    "observe": Return("a mapping of arrays", _of_type(Mapping)),
}
"""What may be returned, by the name of a method. None means that anything may."""
