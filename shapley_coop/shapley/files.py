"""Values of games that live in files: tables in npy, CSV or JSON, and functions by name."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats
from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.coalitions import table_indices
from shapley_coop.shapley.evaluation.sync import estimate
from shapley_coop.shapley.exact_values.values import exact
from shapley_coop.shapley.game_files.readers import (
    player_names,
    read_csv,
    read_json,
    read_npy,
)
from shapley_coop.shapley.games import GameFunction, as_values, from_sets
from shapley_coop.shapley.stability import Stability, check
from shapley_coop.shapley.tables import player_count

_CORE_MAX = 20  # players up to which every coalition is held against the values


@dataclass(frozen=True, slots=True, eq=False)
class Valuation:
    """What a file's game comes to, ready to print."""

    players: list[str]
    values: Floats
    stderr: Floats
    """0 where exact."""
    empty: float
    grand: float
    evaluations: int
    """Values read from the table, or draws of the function."""
    index: str
    method: str
    reason: str
    stability: Stability | None
    """How the values stand against every coalition. None without a full table."""

    def as_json(self) -> dict[str, Any]:
        """Return plain data, ready to be written as JSON.

        An error bar that is not known is None, since JSON has no infinity.
        """
        rows = zip(self.players, self.values, self.stderr, strict=True)
        return {
            "index": self.index,
            "method": self.method,
            "reason": self.reason,
            "evaluations": self.evaluations,
            "empty": self.empty,
            "grand": self.grand,
            "players": [
                {"name": name, "value": float(value), "stderr": _finite(float(error))}
                for name, value, error in rows
            ],
            "core": self._core_as_json(),
        }

    def _core_as_json(self) -> dict[str, Any] | None:
        core = self.stability
        if core is None:
            return None
        objections = []
        for objection in core.objections:
            names = [self.players[i] for i in objection.players]
            objections.append({"players": names, "excess": objection.excess})
        return {
            "in_core": core.in_core,
            "efficient": core.efficient,
            "individually_rational": core.individually_rational,
            "largest_excess": core.largest_excess,
            "objections": objections,
        }


def _finite(error: float) -> float | None:
    return error if isfinite(error) else None


def evaluate_file(
    spec: str | Path,
    choice: Choice | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Valuation:
    """Value the game of a `.npy`, `.csv` or `.json` file, or of a `module:function`.

    `.npy`: 2^n float64 values, bit i of the index is player i. `.csv`: lines
    `coalition,value` or `coalition;value`, coalitions written like `ann+bob` (also with `,` in
    quotes, `;` or `|`), the empty one as an empty field or ∅; or 2^n lines of one value. `.json`:
    a list of 2^n values, an object from coalitions to values, a list of [[player, …], value], or
    {"players": […], "values": any of these}. Names that hold a separator are read where the
    players are named, or in such a list. `on_progress` is told how many of how many evaluations
    of a function are done.

    Raises:
        ChoiceError: a field of the choice does not suit the game; it is a ValueError.
        ValueError: the content is no game, with the place in the file where there is one.
        FileNotFoundError: there is no such file.
        ImportError: the module or function does not exist.
    """
    chosen = choice or Choice()
    text, path = str(spec), Path(spec)
    # A path may hold a colon, too, so a file that exists wins.
    if ":" in text and not path.exists():
        return _value_function(text, chosen, on_progress)
    readers = {".npy": read_npy, ".csv": read_csv, ".json": read_json}
    suffix = path.suffix.lower()
    if suffix not in readers:
        raise ValueError(
            f"{text!r} is neither a .npy, .csv or .json file nor a module:function"
        )
    if chosen.types is not None:
        raise ChoiceError(
            f"types go with a module:function; {text!r} is a table", field="types"
        )
    names, table = readers[suffix](path, chosen)
    return _value_table(names, table, chosen)


def _value_table(names: list[str] | None, table: Floats, choice: Choice) -> Valuation:
    n = player_count(table)
    # Their number alone names nobody whom the file names better.
    if names is None or not isinstance(choice.players, int | None):
        names = player_names(choice.players, n)
    elif choice.players not in (None, n):
        raise ChoiceError(
            f"the table has {n} players; {choice.players} were announced",
            field="players",
        )
    result = exact(table, choice.index)
    return Valuation(
        players=names,
        values=result.values,
        stderr=np.zeros(n),
        empty=result.empty,
        grand=result.grand,
        evaluations=table.size,
        index=result.index,
        method="exact",
        reason="the table names every coalition",
        stability=check(table, result.values) if 0 < n <= _CORE_MAX else None,
    )


def _value_function(
    spec: str, choice: Choice, on_progress: Callable[[int, int], None] | None
) -> Valuation:
    names = _function_players(spec, choice)
    n = len(names)
    function = _load(spec)
    game: GameFunction = from_sets(function) if choice.sets else function
    # The values that pass by are kept: where they make up the whole table, the core is checked.
    table = np.full(1 << n if n <= _CORE_MAX else 0, np.nan)
    evaluations = 0

    def game_with_progress(coalitions: Bools) -> Floats:
        values = as_values(game(coalitions), coalitions)
        nonlocal evaluations
        evaluations += len(values)
        if table.size:
            table[table_indices(coalitions)] = values
        if on_progress is not None:
            on_progress(evaluations, choice.budget)
        return values

    result = estimate(
        game_with_progress,
        n,
        budget=choice.budget,
        method=choice.method,
        noise=choice.noise,
        rng=np.random.default_rng(choice.seed),
        types=_player_types(choice.types),
    )
    # One draw of a noisy value is no value to hold against a payoff.
    complete = table.size > 0 and not np.isnan(table).any() and not choice.noise
    return Valuation(
        players=names,
        values=result.values,
        stderr=result.stderr,
        empty=result.empty,
        grand=result.grand,
        evaluations=result.evaluations,
        index="shapley",
        method=result.method,
        reason=result.reason,
        stability=check(table, result.values) if complete else None,
    )


def _function_players(spec: str, choice: Choice) -> list[str]:
    """Return the names of a function's players.

    Raises:
        ChoiceError: their number is not known, or types or index do not suit a function.
    """
    players = choice.players
    if players is None and choice.types is not None:
        players = sum(choice.types)
    if players is None:
        raise ChoiceError(
            f"{spec} is a function: say how many players it has, or their names",
            field="players",
        )
    if choice.index != "shapley":
        raise ChoiceError(
            f"functions are estimated as Shapley values; got index {choice.index!r}",
            field="index",
        )
    n = players if isinstance(players, int) else len(players)
    if choice.types is not None and (sum(choice.types) != n or min(choice.types) < 1):
        raise ChoiceError(
            f"types of {list(choice.types)} players do not make up {n} players; each type has "
            "at least one, and they come in the order of the players",
            field="types",
        )
    return player_names(players, n)


def _player_types(counts: Sequence[int] | None) -> list[int] | None:
    """Return the number of each player's type from how many players each type has."""
    if counts is None:
        return None
    types: list[int] = []
    for number, count in enumerate(counts):
        types += [number] * count
    return types


def _load(spec: str) -> Callable[..., Any]:
    module_name, _, attribute = spec.partition(":")
    try:
        function: Callable[..., Any] = getattr(
            importlib.import_module(module_name), attribute
        )
    except (ImportError, AttributeError) as error:
        raise ImportError(f"cannot load {spec!r}: {error}") from error
    if callable(function):
        return function
    raise ImportError(f"{spec!r} is a {type(function).__name__}, not a function")
