"""How a game's methods are called: what one of them raises or wrongly returns gets its name.

A game comes from somebody else, and its methods are called from everywhere. So that each
failure tells the author where to look, the methods of `Mechanics` that a class of games writes are
put behind a guard when the class is made. Those that only some games write again to be copied or
drawn, such as `snapshot` and `frame`, are left as they are. An error of this project passes as it
is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial, wraps
from inspect import isfunction
from typing import Any, NamedTuple, SupportsFloat

import numpy as np

from shapley_coop.errors import (
    Blame,
    GameError,
    cause_text,
    unknown,
    value_text,
)
from shapley_coop.interfaces.worth import CoalitionWorth, CountWorth, Security


class _Return(NamedTuple):
    """What a method may return."""

    words: str
    """It in words, for whoever returned something else."""
    fault: Callable[[Any, Any], str | None]
    """The game and a value to what is wrong with the value. None if nothing is, and an empty text
    if it is of another type."""
    wrap: Callable[[str, Any], Any] | None = None
    """The call in words and a value to what callers get in the place of the value."""


def guard(game_class: type) -> None:
    """Put the methods that a class of games writes itself behind a guard."""
    for name, returns in _RETURNS.items():
        method = vars(game_class).get(name)
        # A property or anything stranger is left as its author wrote it.
        if isfunction(method):
            setattr(game_class, name, _guarded(method, returns))


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


def _guarded(method: Callable[..., Any], returns: _Return | None) -> Callable[..., Any]:
    @wraps(method)
    def call(game: Any, *arguments: Any, **options: Any) -> Any:
        try:
            value = method(game, *arguments, **options)
        except BaseException:
            # Not around each call, since that would slow all games.
            with Blame(partial(_failure, game, method, arguments)):
                raise
        if returns is None:
            return value
        fault = returns.fault(game, value)
        if fault is not None:
            returned = fault or value_text(value)
            raise GameError(
                f"{_called(game, method, arguments)} returned {returned}; it returns "
                f"{returns.words}"
            )
        if returns.wrap is None:
            return value
        return returns.wrap(_called(game, method, ()), value)

    return call


def _failure(
    game: Any,
    method: Callable[..., Any],
    arguments: Sequence[Any],
    error: BaseException,
) -> GameError:
    advice = ""
    if method.__name__ == "begin" and isinstance(error, AttributeError):
        advice = "; call super().__init__() last, since it plays begin()"
    return GameError(
        f"{_called(game, method, arguments)} failed at step {game.clock}: "
        f"{cause_text(error)}{advice}"
    )


def _called(game: Any, method: Callable[..., Any], arguments: Sequence[Any]) -> str:
    """Return a call in words: the game, the method and, where it is about one, the seat."""
    seat = ""
    if arguments and isinstance(arguments[0], str):
        seat = repr(arguments[0])
    return f"game {game.name!r}: {method.__qualname__}({seat})"


def _guard_worth(called: str, worth: Any) -> Any:
    """Return a worth whose own functions get the name of the method in their failures."""
    if worth is None:
        return None
    values = _guard_numbers(f"{called}: the values of coalitions", worth.values, 1)
    draws = None
    if worth.draws is not None:
        draws = _guard_numbers(f"{called}: the draws of coalitions", worth.draws, 2)
    return replace(worth, values=values, draws=draws)


def _guard_numbers(
    what: str, evaluate: Callable[[Any], Any], axes: int
) -> Callable[[Any], Any]:
    """Guard a function from k coalitions to an array of some axes, the first of length k."""

    def numbers(coalitions: Any) -> Any:
        with Blame(lambda error: GameError(f"{what} failed: {cause_text(error)}")):
            given = evaluate(coalitions)
        shape = np.shape(given)
        if len(shape) != axes or shape[0] != len(coalitions):
            k = len(coalitions)
            wanted = f"({k},)" if axes == 1 else f"({k}, m)"
            raise GameError(f"{what} are of shape {shape}, not {wanted}")
        return given

    return numbers


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
        if action not in game.index:
            return unknown("action", str(action), game.actions)
    return None


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
    return None


def _security_fault(game: Any, value: Any) -> str | None:
    if value is None:
        return None
    if not isinstance(value, Security):
        return ""
    # Minus infinity is true of a seat that can lose without end, and nan of nobody.
    if not _is_number(value.value) or math.isnan(value.value):
        return f"{value_text(value.value)} as the value"
    if value.action in game.index:
        return None
    return unknown("action", str(value.action), game.actions)


_WORTH = _Return(
    "a CoalitionWorth, a CountWorth or None",
    _of_type(CoalitionWorth, CountWorth, type(None)),
    _guard_worth,
)
_NAMES = _Return("names, such as a tuple of texts", _names_fault)

_RETURNS: Mapping[str, _Return | None] = {
    "begin": None,
    "advance": _Return("{seat: number} of every seat that acts", rewards_fault),
    "facts": _Return("a mapping of JSON values", _of_type(Mapping)),
    "legal": _Return("a sequence of names of actions", _legal_fault),
    "over": None,
    "reopens": None,
    "worth_twin": _NAMES,
    "outcomes": _Return("a frozenset of names", _outcomes_fault),
    "possible_outcomes": _NAMES,
    "statement_kinds": None,
    "statements": None,
    "step_reward": None,
    "features": _Return("an array", _of_type(np.ndarray)),
    "picture": _Return("a text", _of_type(str)),
    "oracle": _WORTH,
    "replay_oracle": _WORTH,
    "realised_oracle": _WORTH,
    "plan": _Return("{seat: actions} or None", _plan_fault),
    "security": _Return("a Security(value, action) or None", _security_fault),
    "contributions": _Return("{seat: number} or None", _of_type(Mapping, type(None))),
    "restrict": None,
    "twin": None,
    "forget_chance": None,
    "fallback": None,
}
"""What may be returned, by the name of a method. None means that anything may."""
