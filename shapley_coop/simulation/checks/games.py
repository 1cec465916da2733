"""Checks of a game: the contract that all games keep, and its rules as they are told."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stdout
from functools import partial
from io import StringIO
from traceback import extract_tb
from typing import Any

from shapley_coop.agents.prompts import render_rules
from shapley_coop.errors import Blame, GameError, ShapleyCoopError, cause_text
from shapley_coop.interfaces.contract import CHECKS, Factory
from shapley_coop.records.words import setting_text
from shapley_coop.simulation.checks.clock import SECONDS, run_within
from shapley_coop.simulation.checks.verdict import Verdict, failure
from shapley_coop.simulation.worker import open_game


def check_game(
    name: str, parameters: Mapping[str, Any], seconds: float = SECONDS
) -> Iterator[Verdict]:
    """Yield what every check of a game came to.

    Args:
        name: a registered name, or `module:attribute`.
        parameters: what it is made with. Where there are none, the game is checked as it is by
            default and with each set of parameters in its `variants`.
        seconds: the most that one check may take.

    Raises:
        PluginError: there is no such game, or it cannot be made.
        ConfigError: it does not take these parameters.
    """
    game = open_game(name, parameters)
    sets: list[Mapping[str, Any]] = [parameters]
    if not parameters:
        sets += game.variants
    for choices in sets:
        make = partial(open_game, name, choices)
        setting = _setting_of(choices)
        for check in (*CHECKS, rules_are_told):
            yield _verdict(check, make, setting, seconds)


def rules_are_told(make: Factory) -> None:
    """The rules can be told to every seat, by the game's own template or the default one."""
    game = make()
    game.start(0)
    for seat in game.seats:
        render_rules(game, seat=seat, seats=game.seats, facts=game.facts(seat))


def _setting_of(choices: Mapping[str, Any]) -> str:
    pairs = [f"{key}={setting_text(value)}" for key, value in choices.items()]
    return f" ({', '.join(pairs)})" if pairs else ""


def _verdict(
    check: Callable[[Factory], None], make: Factory, setting: str, seconds: float
) -> Verdict:
    title = check.__name__ + setting

    def fault_of(error: BaseException) -> GameError:
        if isinstance(error, AssertionError):
            return GameError(str(error) or _asserted(error))
        return GameError(f"{_asserted(error)}: {cause_text(error)}")

    try:
        with (
            Blame(fault_of),
            warnings.catch_warnings(),
            redirect_stdout(StringIO()),
        ):
            # PettingZoo's suites print what they pass, and warn of what is allowed.
            warnings.simplefilter("ignore")
            run_within(seconds, lambda: check(make))
    except ShapleyCoopError as error:
        return failure(title, str(error), error.__cause__ or error)
    sentence = (check.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
    return Verdict(title, "ok", sentence)


def _asserted(error: BaseException) -> str:
    """Return the line of code that failed, for an error that says nothing itself."""
    frame = extract_tb(error.__traceback__)[-1]
    return f"line {frame.lineno} of {frame.filename}: {frame.line}"
