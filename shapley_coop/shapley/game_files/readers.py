"""Reading tables of coalition values from npy, CSV and JSON files."""

import csv
import json
import re
from collections.abc import Sequence
from io import StringIO
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from shapley_coop.shapley.arrays import Floats
from shapley_coop.shapley.choice import Choice, ChoiceError
from shapley_coop.shapley.coalitions import players
from shapley_coop.shapley.game_files.coalition_names import canonical, parse_coalitions
from shapley_coop.shapley.games import MissingValueError, named_table
from shapley_coop.shapley.tables import as_table, open_table, player_count

# A line of a file whose fields are separated by semicolons, as some spreadsheets write them.
_SEMICOLON_LINE = re.compile(
    r".*;\s*[-+]?(\d+([.,]\d*)?|[.,]\d+|inf(inity)?|nan)(e[-+]?\d+)?\s*", re.IGNORECASE
)
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


def chosen_names(choice: Choice) -> list[str] | None:
    """Return the names of the players that a choice gives, or None where it gives none."""
    if choice.players is None or isinstance(choice.players, int):
        return None
    return [canonical(str(name)) for name in choice.players]


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
    names = [canonical(str(name)) for name in players]
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
    """Read `coalition,value` lines, or 2^n lines of one value.

    Where every line but a header ends in a semicolon and a number, semicolons separate the fields.
    """
    text = _read_text(path)
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(path, text))
    try:
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise ValueError(
            f"{path} line {reader.line_num} is no CSV ({error}); is a quotation mark left open?"
        ) from error
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
    names = chosen_names(choice)
    coalitions = _parse(path, list(by_coalition), names)
    return _table_by_coalition(
        path, coalitions, list(by_coalition.values()), choice, names
    )


def _delimiter(path: Path, text: str) -> str:
    """Return the character between the fields of a CSV file.

    Raises:
        ValueError: it is a semicolon, and numbers are written with a comma.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    body = lines[1:] or lines
    if not body or not all(map(_SEMICOLON_LINE.fullmatch, body)):
        return ","
    for number, line in enumerate(lines, start=1):
        value = line.rpartition(";")[2].strip()
        if _DECIMAL_COMMA.fullmatch(value):
            raise ValueError(
                f"{path} line {number}: {value!r} has a comma; write numbers with a point"
            )
    return ";"


def read_json(path: Path, choice: Choice) -> tuple[list[str] | None, Floats]:
    """Read a list of 2^n values, coalitions with values, or either under "values".

    Coalitions with values are an object, or a list of [[player, …], value] in which names may
    hold any characters.
    """
    content = _load_json(path)
    names = chosen_names(choice)
    # A number under "values" is what a player of that name is worth.
    if isinstance(content, dict) and isinstance(content.get("values"), list | dict):
        listed = content.get("players", [])
        if not isinstance(listed, list):
            raise ValueError(f"{path}: players are a list of names; got {listed!r}")
        # An empty list names nobody, as no list at all.
        names = [canonical(str(name)) for name in listed] or None
        content = content["values"]
    if isinstance(content, dict):
        numbers = [_number(path, text, value) for text, value in content.items()]
        coalitions = _parse(path, list(content), names)
        return _table_by_coalition(path, coalitions, numbers, choice, names)
    if not isinstance(content, list):
        raise ValueError(
            f"{path} holds neither 2^n values nor an object from coalitions to values"
        )
    if not content or not all(isinstance(entry, list) for entry in content):
        return names, _table_in_order(path, content, names)
    coalitions, numbers = [], []
    for entry in content:
        coalition, number = _listed_coalition(path, entry)
        coalitions.append(coalition)
        numbers.append(number)
    return _table_by_coalition(path, coalitions, numbers, choice, names)


def _load_json(path: Path) -> Any:
    """Return the content of a JSON file in which no key stands twice."""

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        content: dict[str, Any] = {}
        for key, value in pairs:
            if key in content:
                raise ValueError(f"{path}: {key!r} is given twice")
            content[key] = value
        return content

    text = _read_text(path)
    try:
        return json.loads(text, object_pairs_hook=unique)
    except json.JSONDecodeError as error:
        raise ValueError(f"{path} is no JSON: {error}") from error
    except RecursionError as error:
        raise ValueError(f"{path} nests too deeply to be a game") from error


def _listed_coalition(path: Path, entry: list[Any]) -> tuple[frozenset[str], float]:
    """Return the coalition and the value of one [[player, …], value]."""
    members = entry[0] if len(entry) == 2 else None
    if not isinstance(members, list):
        raise ValueError(f"{path}: {entry!r} is no [[player, …], value]")
    names = [canonical(str(name)) for name in members]
    if len(set(names)) < len(names):
        raise ValueError(f"{path}: the coalition {names} names a player twice")
    return frozenset(names), _number(path, "+".join(names), entry[1])


def _number(path: Path, coalition: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{path}: v of {coalition!r} is {value!r}, which is no number")
    try:
        return float(value)
    except OverflowError as error:
        raise ValueError(
            f"{path}: v of {coalition!r} is too large; the largest number there is is 1.8e308"
        ) from error


def _read_text(path: Path) -> str:
    # Spreadsheets put a mark in front of UTF-8, which this encoding takes away.
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path} is no UTF-8 text: {error}; save it as UTF-8"
        ) from error


def _table_in_order(
    path: Path, content: Sequence[Any], names: list[str] | None
) -> Floats:
    """Return the table of values written one after the other."""
    try:
        table = as_table(content)
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


def _parse(
    path: Path, texts: list[str], names: list[str] | None
) -> list[frozenset[str]]:
    try:
        return parse_coalitions(texts, names)
    except ChoiceError as error:
        raise ChoiceError(f"{path}: {error}", field=error.field) from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def _table_by_coalition(
    path: Path,
    coalitions: Sequence[frozenset[str]],
    values: Sequence[float],
    choice: Choice,
    names: list[str] | None,
) -> tuple[list[str], Floats]:
    """Return names and table of coalitions and their values."""
    by_coalition: dict[frozenset[str], float] = {}
    for coalition, value in zip(coalitions, values, strict=True):
        text = "+".join(sorted(coalition))
        if not isfinite(value):
            raise ChoiceError(
                f"{path}: v of {text!r} is {value}; evaluate this coalition again and write a "
                "finite number, or leave its line out and give a default",
                field="default",
            )
        if coalition in by_coalition:
            raise ValueError(
                f"{path}: the coalition {text!r} is given twice, in another order or spelling"
            )
        by_coalition[coalition] = value
    if names is None:
        names = sorted(frozenset().union(*coalitions), key=_by_number)
    try:
        return names, named_table(names, by_coalition, default=choice.default)
    except MissingValueError as error:
        raise ChoiceError(
            f"{path}: {error}. Write it, or give a default for what is not written",
            field="default",
        ) from error
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


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
