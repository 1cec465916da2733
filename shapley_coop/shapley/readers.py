"""Reading tables of coalition values from npy, CSV and JSON files."""

import csv
import json
from collections.abc import Sequence
from math import isfinite
from pathlib import Path

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.games import named_table
from shapley_coop.shapley.tables import as_table, open_table, player_count

_SEPARATORS = "+,;|"


def player_names(players: int | Sequence[str] | None, n: int) -> list[str]:
    """Return n different names: those of the choice, or numbers.

    Raises:
        ChoiceError: there are more or fewer, or two are alike.
    """
    if players is None or isinstance(players, int):
        if players not in (None, n):
            raise ChoiceError(
                f"the table has {n} players; {players} were announced", field="players"
            )
        return [str(i) for i in range(n)]
    names = [str(name) for name in players]
    if len(names) != n or len(set(names)) != n:
        raise ChoiceError(
            f"{n} different player names are needed; got {names}", field="players"
        )
    return names


def read_npy(path: Path, _choice: Choice) -> tuple[None, Floats]:
    """Map 2^n values. The names are not in the file."""
    try:
        return None, open_table(path)
    except (ValueError, EOFError) as error:
        raise ValueError(
            f"{path} holds no table of coalition values: {error}"
        ) from error


def read_csv(path: Path, choice: Choice) -> tuple[list[str] | None, Floats]:
    """Read `coalition,value` lines, or 2^n lines of one value."""
    numbered = enumerate(csv.reader(_read_text(path).splitlines()), start=1)
    rows = [(number, row) for number, row in numbered if row]
    # The first line is a header if it does not end in a number.
    if rows and _as_number(rows[0][1][-1]) is None:
        rows = rows[1:]
    if not rows:
        raise ValueError(f"{path} holds no values")
    by_coalition: dict[str, float] = {}
    in_order: list[float] = []
    for number, row in rows:
        value = _as_number(row[-1])
        if value is None or len(row) > 2:
            raise ValueError(f"{path} line {number}: {row} is no 'coalition,value'")
        if len(row) == 1:
            in_order.append(value)
            continue
        coalition = row[0]
        if coalition in by_coalition:
            raise ValueError(
                f"{path} line {number}: coalition {coalition!r} is given twice"
            )
        by_coalition[coalition] = value
    if in_order and by_coalition:
        raise ValueError(
            f"{path} mixes lines of one value with lines of coalition and value"
        )
    if in_order:
        return None, _table_in_order(path, in_order, None)
    return _table_by_coalition(path, by_coalition, choice, None)


def read_json(path: Path, choice: Choice) -> tuple[list[str] | None, Floats]:
    """Read a list of 2^n values, an object, or both under "values"."""
    try:
        content = json.loads(_read_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    names = None
    if isinstance(content, dict) and "values" in content:
        listed = content.get("players", [])
        if not isinstance(listed, list):
            raise ValueError(f"{path}: players are a list of names; got {listed!r}")
        # An empty list names nobody, as no list at all.
        names = [str(name) for name in listed] or None
        content = content["values"]
    if isinstance(content, list):
        return names, _table_in_order(path, content, names)
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} holds neither 2^n values nor an object from coalitions to values"
        )
    by_coalition: dict[str, float] = {}
    for coalition, value in content.items():
        if not isinstance(value, int | float):
            raise ValueError(
                f"{path}: v of {coalition!r} is {value!r}, which is no number"
            )
        by_coalition[coalition] = float(value)
    return _table_by_coalition(path, by_coalition, choice, names)


def _read_text(path: Path) -> str:
    # Spreadsheets put a mark in front of UTF-8, which this encoding takes away.
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no UTF-8 text: {error}; save it as UTF-8"
        ) from error


def _table_in_order(
    path: Path, content: Sequence[object], names: list[str] | None
) -> Floats:
    """Return the table of values written one after the other."""
    try:
        table = as_table(np.array(content, dtype=np.float64))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} holds no table of coalition values: {error}"
        ) from error
    try:
        every_name = player_names(names, player_count(table))
    except ChoiceError as error:
        # These names stand in the file, so no field of the choice is at fault.
        raise ValueError(f"{path}: {error}") from error
    bad = np.flatnonzero(~np.isfinite(table))
    if bad.size:
        mask = int(bad[0])
        coalition = "+".join(every_name[i] for i in players(mask))
        raise ValueError(
            f"{path}: v of {coalition!r}, value {mask + 1} of {table.size}, is {table[mask]}; "
            "evaluate this coalition again and write a finite number"
        )
    return table


def _table_by_coalition(
    path: Path,
    values: dict[str, float],
    choice: Choice,
    names: list[str] | None,
) -> tuple[list[str], Floats]:
    """Return names and table of coalitions written as text."""
    coalitions: dict[frozenset[str], float] = {}
    for text, value in values.items():
        if not isfinite(value):
            raise ChoiceError(
                f"{path}: v of {text!r} is {value}; evaluate this coalition again and write a "
                "finite number, or leave its line out and give a default",
                field="default",
            )
        coalitions[frozenset(_split_names(text))] = value
    if len(coalitions) < len(values):
        raise ValueError("a coalition is given twice, in another order or spelling")
    if names is None:
        names = _names_of(coalitions, choice.players)
    try:
        return names, named_table(names, coalitions, default=choice.default)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _names_of(
    coalitions: dict[frozenset[str], float], chosen: int | Sequence[str] | None
) -> list[str]:
    """Return the chosen names, or those that occur in the file, in order."""
    if chosen is not None and not isinstance(chosen, int):
        return [str(name) for name in chosen]
    return sorted(frozenset().union(*coalitions), key=_by_number)


def _split_names(text: str) -> list[str]:
    for separator in _SEPARATORS:
        text = text.replace(separator, "\n")
    pieces = [piece.strip() for piece in text.strip("{}() ").split("\n")]
    names = [piece for piece in pieces if piece]
    if len(set(names)) < len(names):
        raise ValueError(f"the coalition {names} names a player twice")
    return names


def _by_number(name: str) -> tuple[int, str]:
    """Return a key that sorts numbers by value, before all other names."""
    if name.isdecimal():
        return int(name), ""
    return 1 << 62, name


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
