"""A coalition game of the user's own: options in, its valuation out, and how that is shown."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar, get_args

import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from shapley_coop.errors import GameError, InputError
from shapley_coop.records.words import clean, names, number
from shapley_coop.shapley import BadValueError, EvaluationError
from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.evaluation.task import METHODS
from shapley_coop.shapley.exact_values.values import IndexName
from shapley_coop.shapley.files import Valuation, evaluate_file
from shapley_coop.shapley.stability import Stability

_SHOWN = 40
_SHOWN_OBJECTIONS = 3
_SMALL = 0.01  # below, decimals would not tell values apart
INDEX_NAMES: tuple[IndexName, ...] = get_args(IndexName)

Name = TypeVar("Name", bound=str)


@dataclass(frozen=True, slots=True)
class ValueOptions:
    """The options of the command `value`, as the command line gives them."""

    players: str | None
    """Their number, or their names with commas."""
    index: str
    """The value to compute."""
    default: float | None
    """Value of coalitions that a file does not name."""
    budget: int
    """Most evaluations of a function."""
    method: str
    """How a function is estimated."""
    types: str | None
    """Players of each type, with commas."""
    noise: float | None
    """Standard deviation of one draw."""
    sets: bool
    """Whether the function takes a set of players."""
    seed: int
    """Seed of all that is drawn."""


def evaluate(spec: str, options: ValueOptions) -> Valuation:
    """Return the valuation of a file or function, with a bar at a terminal.

    Raises:
        InputError: what the spec names is no game, or does not exist.
        GameError: the function failed while it was evaluated.
    """
    choice = _choice(options)
    screen = Console(stderr=True)
    quiet = not sys.stderr.isatty()
    try:
        with Progress(console=screen, transient=True, disable=quiet) as bar:
            task = bar.add_task("evaluating", total=None)

            def advance(count: int, total: int) -> None:
                bar.update(task, completed=count, total=total)

            return evaluate_file(spec, choice, on_progress=advance)
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {spec!r}; give a table or module:function"
        ) from error
    except EvaluationError as error:
        raise _failure(spec, error) from error
    except ChoiceError as error:
        raise InputError(str(error), field=error.field) from error
    except (ValueError, ImportError) as error:
        raise InputError(str(error)) from error


def _choice(options: ValueOptions) -> Choice:
    """Return the options as the engine takes them, refusing what a table would ignore."""
    amounts = {"default": options.default, "noise": options.noise}
    for name, amount in amounts.items():
        if amount is not None and not math.isfinite(amount):
            raise InputError(
                f"--{name} {amount} is no finite number; give one or leave it out"
            )
    return Choice(
        players=_players(options.players),
        index=_pick("index", options.index, INDEX_NAMES),
        default=options.default,
        budget=options.budget,
        method=_pick("method", options.method, METHODS),
        noise=options.noise,
        sets=options.sets,
        seed=options.seed,
        types=_type_counts(options.types),
    )


def _pick(what: str, name: str, names: tuple[Name, ...]) -> Name:
    """Return the one of several names that the user wrote."""
    for known in names:
        if name == known:
            return known
    raise InputError(f"no {what} is called {name!r}; there are {', '.join(names)}")


def _players(text: str | None) -> int | list[str] | None:
    """Return how many players there are, or their names."""
    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and parts[0].isdecimal():
        return int(parts[0])
    # A negative number is a slip, not the name of a player.
    is_negative = len(parts) == 1 and parts[0].startswith("-")
    if is_negative or not all(parts):
        raise InputError(
            f"--players {text} is neither a number of players nor names with commas, none empty"
        )
    return parts


def _type_counts(text: str | None) -> list[int] | None:
    """Return how many players there are of each type."""
    if text is None:
        return None
    counts = []
    for part in text.split(","):
        digits = part.strip()
        if not digits.isdecimal() or int(digits) == 0:
            raise InputError(
                f"--types {text} is no list of player numbers above 0; "
                "write it like 3333,3333,3334"
            )
        counts.append(int(digits))
    return counts


def _failure(spec: str, error: EvaluationError) -> GameError:
    """Return the error that says what a function did wrong, and how late."""
    cause = error.__cause__
    reason = f"{type(cause).__name__}: {cause}"
    # A bad value is described by its own message; its type would say nothing.
    if isinstance(error, BadValueError):
        reason = str(cause)
    return GameError(f"{spec} failed after {len(error.paid_values):,} values: {reason}")


def show_valuation(valuation: Valuation) -> None:
    """Print values with error bars, what they cost, and how they stand against every coalition."""
    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("player")
    table.add_column(valuation.index, justify="right")
    table.add_column("stderr", justify="right")
    columns = (valuation.players, valuation.values, valuation.stderr)
    rows = list(zip(*columns, strict=True))
    figure = _figures(valuation)
    for name, value, error in rows[:_SHOWN]:
        error_text = figure(error) if error else "exact"
        table.add_row(Text(clean(name, 40)), figure(value), error_text)
    console.print(table)
    if len(rows) > _SHOWN:
        console.print(f"… and {len(rows) - _SHOWN} more; --json has all")
    empty, grand = figure(valuation.empty), figure(valuation.grand)
    # Without markup: a method's reason may name a player, and a name may hold brackets.
    console.print(
        f"v(∅) = {empty}, v(N) = {grand}; "
        f"{valuation.method}, {valuation.evaluations:,} values; {valuation.reason}",
        markup=False,
    )
    if valuation.stability is not None:
        _show_core(console, valuation, valuation.stability, figure)


def _figures(valuation: Valuation) -> Callable[[float], str]:
    """Return how to write values: in digits that tell them apart, whatever their unit."""
    largest = float(np.abs(valuation.values).max(initial=0.0))
    if 0 < largest < _SMALL:
        return "{:.4g}".format
    return number


def _show_core(
    console: Console,
    valuation: Valuation,
    core: Stability,
    figure: Callable[[float], str],
) -> None:
    verdict = "in the core" if core.in_core else "not in the core"
    console.print(f"The division is {verdict}.")
    for objection in core.objections[:_SHOWN_OBJECTIONS]:
        coalition = names([valuation.players[i] for i in objection.players])
        gain = figure(objection.excess)
        console.print(f"  {coalition} would gain {gain} by leaving", markup=False)
