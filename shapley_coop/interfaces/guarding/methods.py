"""How a game's methods are called: what one of them raises or wrongly returns gets its name.

A game comes from somebody else, and its methods are called from everywhere. So that each
failure tells the author where to look, the methods that a class of games writes are put behind a
guard when the class is made. An error of this project passes as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial, wraps
from inspect import isfunction
from typing import Any

import numpy as np

from shapley_coop.errors import Blame, GameError, cause_text, value_text
from shapley_coop.interfaces.guarding.returns import RETURNS, Return


def guard(game_class: type) -> None:
    """Put the methods that a class of games writes itself behind a guard."""
    for name, returns in RETURNS.items():
        method = vars(game_class).get(name)
        # A property or anything stranger is left as its author wrote it.
        if isfunction(method):
            what = f"{game_class.__name__}.{name}"
            setattr(game_class, name, _guarded(method, what, returns))


def _guarded(
    method: Callable[..., Any], what: str, returns: Return | None
) -> Callable[..., Any]:
    @wraps(method)
    def call(game: Any, *arguments: Any, **options: Any) -> Any:
        try:
            value = method(game, *arguments, **options)
        except BaseException:
            # Not around each call, since that would slow all games.
            with Blame(partial(_failure, game, what, arguments)):
                raise
        if returns is None:
            return value
        fault = returns.fault(game, value)
        if fault is not None:
            returned = fault or value_text(value)
            raise GameError(
                f"{_called(game, what, arguments)} returned {returned}; it returns "
                f"{returns.words}"
            )
        if returns.is_worth:
            return _guard_worth(_called(game, what, ()), value)
        return value

    return call


def _failure(
    game: Any, what: str, arguments: Sequence[Any], error: BaseException
) -> GameError:
    advice = ""
    if what.endswith(".begin") and isinstance(error, AttributeError):
        advice = "; call super().__init__() last, since it plays begin()"
    called = _called(game, what, arguments)
    return GameError(
        f"{called} failed at step {game.clock}: {cause_text(error)}{advice}"
    )


def _called(game: Any, what: str, arguments: Sequence[Any]) -> str:
    """Return a call in words: the game, the method and, where it is about one, the seat."""
    seat = ""
    if arguments and isinstance(arguments[0], str):
        seat = repr(arguments[0])
    return f"game {game.name!r}: {what}({seat})"


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

    def failure(error: BaseException) -> GameError:
        return GameError(f"{what} failed: {cause_text(error)}")

    def numbers(coalitions: Any) -> Any:
        with Blame(failure):
            given = evaluate(coalitions)
            shape = np.shape(given)
        if len(shape) != axes or shape[0] != len(coalitions):
            k = len(coalitions)
            wanted = f"({k},)" if axes == 1 else f"({k}, m)"
            raise GameError(f"{what} are of shape {shape}, not {wanted}")
        with Blame(failure):
            return np.asarray(given, np.float64)

    return numbers
