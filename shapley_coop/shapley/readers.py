"""Reading tables of coalition values from npy, CSV and JSON files."""

import csv
import json
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import Protocol

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.games import named_table
from shapley_coop.shapley.tables import as_table, open_table, player_count

_SEPARATORS = "+,;|"


class GameFunction(Protocol):
    """What the reader of a file is told beside its path."""

    @property
    def players(self) -> int | Sequence[str] | None:
        """Number or names of the players."""
        ...

    @property
    def default(self) -> float | None:
        """Value of coalitions without a line; None makes that an error."""
        ...


def player_names(players: int | Sequence[str] | None, n: int) -> list[str]:
    """Return n different names: those given, or numbers.

    Raises:
        ValueError: there are more or fewer, or two are alike.
    """
    if players is None or isinstance(players, int):
        if players not in (None, n):
            raise ValueError(f"the table has {n} players; {players} were announced")
        return [str(i) for i in range(n)]
    names = [str(name) for name in players]
    if len(names) != n or len(set(names)) != n:
        raise ValueError(f"{n} different player names are needed; got {names}")
    return names


def read_npy(path: Path, _asked: GameFunction) -> tuple[None, Floats]:
    """Map 2^n values; the names are not in the file."""
    try:
        return None, open_table(path)
    except (ValueError, EOFError) as error:
        raise ValueError(
            f"{path} holds no table of coalition values: {error}"
        ) from error


def read_csv(path: Path, asked: GameFunction) -> tuple[list[str] | None, Floats]:
    """Read `coalition,value` lines, or 2^n lines of one value."""
    lines = _text(path).splitlines()
    rows = [(k, row) for k, row in enumerate(csv.reader(lines), start=1) if row]
    if rows and _number(rows[0][1][-1]) is None:
        rows = rows[1:]  # a header
    if not rows:
        raise ValueError(f"{path} holds no values")
    values: dict[str, float] = {}
    plain: list[float] = []
    for number, row in rows:
        value = _number(row[-1])
        if value is None or len(row) > 2:
            raise ValueError(f"{path} line {number}: {row} is no 'coalition,value'")
        if len(row) == 1:
            plain.append(value)
        elif row[0] in values:
            raise ValueError(
                f"{path} line {number}: coalition {row[0]!r} is given twice"
            )
        else:
            values[row[0]] = value
    if plain and values:
        raise ValueError(
            f"{path} mixes lines of one value with lines of coalition and value"
        )
    return (
        (None, _listed(path, plain, None))
        if plain
        else _sparse(path, values, asked, None)
    )


def read_json(path: Path, asked: GameFunction) -> tuple[list[str] | None, Floats]:
    """Read a list of 2^n values, an object, or both under "values"."""
    try:
        content = json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    names = None
    if isinstance(content, dict) and "values" in content:
        listed = content.get("players", [])
        if not isinstance(listed, list):
            raise ValueError(f"{path}: players are a list of names; got {listed!r}")
        names = [str(name) for name in listed] or None
        content = content["values"]
    if isinstance(content, list):
        return names, _listed(path, content, names)
    if isinstance(content, dict):
        for text, value in content.items():
            if not isinstance(value, int | float):
                raise ValueError(
                    f"{path}: v of {text!r} is {value!r}, which is no number"
                )
        return _sparse(path, {k: float(v) for k, v in content.items()}, asked, names)
    raise ValueError(
        f"{path} holds neither 2^n values nor an object from coalitions to values"
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")  # spreadsheets put a mark in front
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no UTF-8 text: {error}; save it as UTF-8"
        ) from error


def _listed(path: Path, content: Sequence[object], names: list[str] | None) -> Floats:
    """Return the table of values written one after the other."""
    try:
        table = as_table(np.array(content, dtype=np.float64))
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{path} holds no table of coalition values: {error}"
        ) from error
    known = player_names(names, player_count(table))
    bad = np.flatnonzero(~np.isfinite(table))
    if bad.size:
        mask = int(bad[0])
        who = "+".join(known[i] for i in players(mask))
        raise ValueError(
            f"{path}: v of {who!r}, value {mask + 1} of {table.size}, is {table[mask]}; "
            "evaluate this coalition again and write a finite number"
        )
    return table


def _sparse(
    path: Path, values: dict[str, float], asked: GameFunction, names: list[str] | None
) -> tuple[list[str], Floats]:
    """Return names and table of coalitions written as text."""
    for text, value in values.items():
        if not isfinite(value):
            raise ValueError(
                f"{path}: v of {text!r} is {value}; evaluate this coalition again and write a "
                "finite number, or leave its line out and give a default (--default)"
            )
    coalitions = {frozenset(_split(text)): value for text, value in values.items()}
    if len(coalitions) < len(values):
        raise ValueError("a coalition is given twice, in another order or spelling")
    if (
        names is None
        and asked.players is not None
        and not isinstance(asked.players, int)
    ):
        names = [str(name) for name in asked.players]
    if names is None:
        names = sorted(
            {name for coalition in coalitions for name in coalition}, key=_by_number
        )
    try:
        return names, named_table(names, coalitions, default=asked.default)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _split(text: str) -> list[str]:
    for separator in _SEPARATORS:
        text = text.replace(separator, "\n")
    names = [name.strip() for name in text.strip("{}() ").split("\n")]
    found = [name for name in names if name]
    if len(set(found)) < len(found):
        raise ValueError(f"the coalition {found} names a player twice")
    return found


def _by_number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (1 << 62, name)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
