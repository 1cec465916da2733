"""The Shapley engine on a coalition table of the user's own: options in, a printed result out."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from shapley_coop.errors import GameError, InputError
from shapley_coop.records.words import clean, names, number
from shapley_coop.shapley import BadValueError, EvaluationError
from shapley_coop.shapley.evaluation.plans import METHODS
from shapley_coop.shapley.files import Choice, Valuation, evaluate_file
from shapley_coop.shapley.readers import ChoiceError

_SHOWN = 40
# How to set on the command line what an error of the engine names as a field.
_FLAGS = {
    "players": "--players 12 or --players ann,bob",
    "types": "--types",
    "default": "--default",
    "index": "--index",
}


def valued(spec: str, options: Mapping[str, Any]) -> Valuation:
    """Return the valuation of a file or function, with a bar over evaluations where that is long.

    Raises:
        InputError: what the spec names is no game, or does not exist.
        GameError: the function failed while it was evaluated.
    """
    given = dict(options)
    _check(given)
    players = given.pop("players")
    if players is not None:
        given["players"] = _players(players)
    types = given.pop("types")
    if types is not None:
        given["types"] = _type_counts(types)
    try:
        with Progress(
            console=Console(stderr=True),
            transient=True,
            disable=not sys.stderr.isatty(),
        ) as bar:
            task = bar.add_task("evaluating", total=None)
            return evaluate_file(
                spec,
                Choice(**given),
                on_progress=lambda done, total: bar.update(
                    task, completed=done, total=total
                ),
            )
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {spec!r}; give a table or module:function"
        ) from error
    except EvaluationError as error:
        cause = error.__cause__
        told = (
            cause
            if isinstance(error, BadValueError)
            else f"{type(cause).__name__}: {cause}"
        )
        raise GameError(
            f"{spec} failed after {len(error.known):,} values: {told}"
        ) from error
    except ChoiceError as error:
        raise InputError(f"{error} ({_FLAGS[error.field]})") from error
    except (ValueError, ImportError) as error:
        raise InputError(str(error)) from error


def _players(text: str) -> int | list[str]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) == 1 and parts[0].isdecimal():
        return int(parts[0])
    if not all(parts) or (len(parts) == 1 and parts[0].startswith("-")):
        raise InputError(
            f"--players {text} is neither a number of players nor names with commas, none empty"
        )
    return parts


def _type_counts(text: str) -> list[int]:
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) for part in parts):
        raise InputError(
            f"--types {text} is no list of player numbers above 0; write it like 3333,3333,3334"
        )
    return [int(part) for part in parts]


def _check(given: Mapping[str, Any]) -> None:
    """Refuse what a table would silently ignore."""
    if given["method"] not in METHODS:
        known = ", ".join(METHODS)
        raise InputError(f"no method is called {given['method']!r}; there are {known}")
    for name in ("default", "noise"):
        if given[name] is not None and not math.isfinite(given[name]):
            raise InputError(
                f"--{name} {given[name]} is no finite number; give one or leave it out"
            )


def show_valuation(found: Valuation) -> None:
    """Print values with error bars, what they cost, and how they stand against every coalition."""
    console = Console()
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("player")
    table.add_column(found.index, justify="right")
    table.add_column("stderr", justify="right")
    rows = list(zip(found.players, found.values, found.stderr, strict=True))
    for name, value, error in rows[:_SHOWN]:
        table.add_row(
            Text(clean(name, 40)), number(value), number(error) if error else "exact"
        )
    console.print(table)
    if len(rows) > _SHOWN:
        console.print(f"… and {len(rows) - _SHOWN} more; --json has all")
    console.print(
        f"v(∅) = {number(found.empty)}, v(N) = {number(found.grand)}; {found.method}, "
        f"{found.evaluations:,} values; {found.reason}",
        markup=False,
    )
    core = found.stability
    if core is None:
        return
    verdict = "in the core" if core.in_core else "not in the core"
    console.print(f"The division is {verdict}.")
    for objection in core.objections[:3]:
        who = names([found.players[i] for i in objection.players])
        console.print(
            f"  {who} would gain {number(objection.excess)} by leaving", markup=False
        )
