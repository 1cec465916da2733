"""Values of games that live in files: tables in npy, CSV or JSON, and functions by name."""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from shapley_coop.shapley.arrays import Bools, Floats
from shapley_coop.shapley.coalitions import table_indices
from shapley_coop.shapley.evaluation.plans import Method
from shapley_coop.shapley.evaluation.sync import estimate
from shapley_coop.shapley.exact_values.semivalues import Index
from shapley_coop.shapley.exact_values.values import exact
from shapley_coop.shapley.games import GameFunction, checked, from_sets
from shapley_coop.shapley.readers import player_names, read_csv, read_json, read_npy
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
    """How the values stand against every coalition; None without a full table."""

    def as_json(self) -> dict[str, Any]:
        """Return plain data for `--json`."""
        core = self.stability
        return {
            "index": self.index,
            "method": self.method,
            "reason": self.reason,
            "evaluations": self.evaluations,
            "empty": self.empty,
            "grand": self.grand,
            "players": [
                {"name": name, "value": float(value), "stderr": float(error)}
                for name, value, error in zip(
                    self.players, self.values, self.stderr, strict=True
                )
            ],
            "core": None
            if core is None
            else {
                "in_core": core.in_core,
                "efficient": core.efficient,
                "individually_rational": core.individually_rational,
                "largest_excess": core.largest_excess,
                "objections": [
                    {
                        "players": [self.players[i] for i in o.players],
                        "excess": o.excess,
                    }
                    for o in core.objections
                ],
            },
        }


@dataclass(frozen=True, slots=True)
class Choice:
    """How to value a game; the options of the command."""

    players: int | Sequence[str] | None = None
    """Number or names of the players; needed for functions, optional for tables."""
    index: Index = "shapley"
    """Semivalue of a full table; functions are estimated as Shapley values."""
    default: float | None = None
    """Value of coalitions that a CSV or JSON file does not name; None makes that an error."""
    budget: int = 1000
    """Evaluations of a function, at most."""
    method: Method = "auto"
    noise: float | bool | None = None
    """Whether a function is noisy, or the standard deviation of one draw."""
    sets: bool = False
    """Whether a function takes a frozenset rather than a boolean matrix."""
    seed: int = 0
    types: Sequence[int] | None = None
    """How many players of each type, in the order of the players, where a function depends only
    on how many of each are in; None where it does not. They tell the number of players, too."""


def evaluate_file(
    spec: str | Path,
    choice: Choice | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Valuation:
    """Value the game of a `.npy`, `.csv` or `.json` file, or of a `module:function`.

    `.npy`: 2^n float64 values, bit i of the index is player i. `.csv`: lines
    `coalition,value`, coalitions written like `ann+bob` (also with `,` in quotes, `;` or `|`),
    the empty one as an empty field; or 2^n lines of one value. `.json`: a list of 2^n values,
    an object from coalitions to values, or {"players": […], "values": either}. `on_progress`
    is told how many of how many evaluations of a function are done.

    Raises:
        ValueError: the content is no game, with the place in the file where there is one.
        FileNotFoundError: there is no such file.
        ImportError: the module or function does not exist.
    """
    chosen = choice or Choice()
    text, path = str(spec), Path(spec)
    if ":" in text and not path.exists():
        return _value_function(text, chosen, on_progress)
    readers = {".npy": read_npy, ".csv": read_csv, ".json": read_json}
    if path.suffix.lower() not in readers:
        raise ValueError(
            f"{text!r} is neither a .npy, .csv or .json file nor a module:function"
        )
    if chosen.types is not None:
        raise ValueError(
            f"types (--types) go with a module:function; {text!r} is a table"
        )
    names, table = readers[path.suffix.lower()](path, chosen)
    return _value_table(names, table, chosen)


def _value_table(names: list[str] | None, table: Floats, choice: Choice) -> Valuation:
    n = player_count(table)
    names = (
        player_names(choice.players, n)
        if names is None or choice.players is not None
        else names
    )
    found = exact(table, choice.index)
    return Valuation(
        players=names,
        values=found.values,
        stderr=np.zeros(n),
        empty=found.empty,
        grand=found.grand,
        evaluations=table.size,
        index=found.index,
        method="exact",
        reason="the table names every coalition",
        stability=check(table, found.values) if 0 < n <= _CORE_MAX else None,
    )


def _value_function(
    spec: str, choice: Choice, on_progress: Callable[[int, int], None] | None
) -> Valuation:
    if choice.players is None and choice.types is not None:
        choice = replace(choice, players=sum(choice.types))
    if choice.players is None:
        raise ValueError(
            f"{spec} is a function: say how many players it has, or their names (--players 12 or "
            "--players ann,bob)"
        )
    if choice.index != "shapley":
        raise ValueError(
            f"functions are estimated as Shapley values; got index {choice.index!r}"
        )
    n = choice.players if isinstance(choice.players, int) else len(choice.players)
    if choice.types is not None and (sum(choice.types) != n or min(choice.types) < 1):
        raise ValueError(
            f"types (--types) of {list(choice.types)} players do not make up {n} players; each "
            "type has at least one, and they come in the order of the players"
        )
    names = player_names(choice.players, n)
    function = _load(spec)
    game: GameFunction = from_sets(function) if choice.sets else function
    asked: dict[bytes, float] = {}
    count = 0

    def counted(coalitions: Bools) -> Floats:
        values = checked(game(coalitions), coalitions)
        nonlocal count
        count += len(values)
        if n <= _CORE_MAX:
            rows = zip(coalitions, values, strict=True)
            asked.update((row.tobytes(), float(v)) for row, v in rows)
        if on_progress is not None:
            on_progress(count, choice.budget)
        return values

    found = estimate(
        counted,
        n,
        budget=choice.budget,
        method=choice.method,
        noise=choice.noise,
        rng=np.random.default_rng(choice.seed),
        types=_kinds(choice.types),
    )
    complete = len(asked) == 1 << n and choice.noise in (None, False) and n <= _CORE_MAX
    return Valuation(
        players=names,
        values=found.values,
        stderr=found.stderr,
        empty=found.empty,
        grand=found.grand,
        evaluations=found.evaluations,
        index="shapley",
        method=found.method,
        reason=found.reason,
        stability=check(_table_of(asked, n), found.values) if complete else None,
    )


def _kinds(counts: Sequence[int] | None) -> list[int] | None:
    return (
        None
        if counts is None
        else [kind for kind, c in enumerate(counts) for _ in range(c)]
    )


def _table_of(asked: dict[bytes, float], n: int) -> Floats:
    table = np.empty(1 << n)
    for row, value in asked.items():
        members = np.frombuffer(row, dtype=np.bool_)
        table[table_indices(members[None])] = value
    return table


def _load(spec: str) -> Callable[..., Any]:
    module_name, _, attribute = spec.partition(":")
    try:
        found: Callable[..., Any] = getattr(
            importlib.import_module(module_name), attribute
        )
    except (ImportError, AttributeError) as error:
        raise ImportError(f"cannot load {spec!r}: {error}") from error
    if callable(found):
        return found
    raise ImportError(f"{spec!r} is a {type(found).__name__}, not a function")
