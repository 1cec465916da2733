"""Bounds on what somebody else's log may cost to read, and its JSON within them."""

from __future__ import annotations

import json
from math import isfinite
from typing import Any, NoReturn

from shapley_coop.errors import InputError, value_text
from shapley_coop.records.strict_json import object_of_unique_names
from shapley_coop.records.words import clean

MOST_FILE = 64 * 1024 * 1024
"""Bytes up to which a file is read whole."""
MOST_LINE = 8 * 1024 * 1024
"""Bytes up to which a line is read."""
MOST_TOTAL = 256 * 1024 * 1024
"""Bytes up to which one import reads."""
MOST_ENTRIES = 100_000
"""Lines of one file up to which it is read."""
MOST_VALUES = 3_000_000
"""JSON values up to which one import reads, by their commas and brackets."""
MOST_DIGITS = 309
"""Digits of a whole number up to which a float is as large."""
MOST_NESTING = 64
"""Lists and objects that may stand within one another."""
MOST_FILES = 20_000
"""Files and folders up to which a folder is listed."""
DEEPEST_FOLDER = 12
"""How deep below a folder files are looked for."""
MOST_NAME = 200
"""Characters up to which a name is one."""
LARGEST = 1e15
"""The largest number that a log can state. Above it amounts lose their decimals."""

FIELD = "path"
"""What errors of an import speak of: its argument."""


def refuse(message: str) -> InputError:
    """Return the error of a log that cannot be used."""
    return InputError(message, field=FIELD)


def value_count(text: str) -> int:
    """Return how many values a JSON text can hold at most, without reading it."""
    return text.count(",") + text.count("[") + text.count("{") + 1


def parse(text: str, place: str) -> Any:
    """Return the value of a JSON text. The caller has made sure that it is not too large.

    Args:
        text: the text.
        place: where it stands, for errors.

    Raises:
        InputError: it is no JSON, nested too deeply, or has a number that is none.
    """
    try:
        value = json.loads(
            text,
            parse_constant=_refuse_constant,
            parse_float=_finite_float,
            parse_int=_bounded_int,
            object_pairs_hook=object_of_unique_names,
        )
    except RecursionError as error:
        raise refuse(f"{place} is nested too deeply to be read") from error
    except ValueError as error:
        raise refuse(f"{place} is no JSON: {clean(str(error), 200)}") from error
    # Walking a value takes longer than reading it, and few have enough brackets for this.
    brackets = text.count("[") + text.count("{")
    if brackets > MOST_NESTING and _nesting(value) > MOST_NESTING:
        raise refuse(
            f"{place} has lists and objects in one another {_nesting(value)} deep; "
            f"{MOST_NESTING} are read"
        )
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _bounded_int(text: str) -> int:
    # Python says of a number of thousands of digits how to lift its limit, which nobody should.
    if len(text) > MOST_DIGITS:
        raise ValueError(f"a number of {len(text):,} digits is too large a number")
    return int(text)


def _finite_float(text: str) -> float:
    number = float(text)
    # What is too large for a float becomes infinite, and could not be written as JSON again.
    if not isfinite(number):
        raise ValueError(f"{clean(text, 30)} is too large a number")
    return number


def _nesting(value: Any) -> int:
    """Return how deep lists and objects stand within one another."""
    deepest = 0
    waiting = [(value, 0)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        if isinstance(part, dict):
            waiting += [(inner, depth + 1) for inner in part.values()]
        elif isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part]
    return deepest


def finite(value: Any) -> float | None:
    """Return a number that a log states, or None where it is none or beyond reason."""
    # Python counts True as 1, and whole numbers of any length as numbers.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if abs(value) > LARGEST or not isfinite(value):
        return None
    return float(value)


def number_at(value: Any, place: str) -> float:
    """Return a number that a log has to state.

    Raises:
        InputError: there is none.
    """
    number = finite(value)
    if number is None:
        raise refuse(f"{place} is to be a number, got {value_text(value)}")
    return number


def name_at(value: Any, place: str) -> str:
    """Return a name that a log has to state, as it stands there. It may hold any character.

    Raises:
        InputError: there is none, or it is too long to be one.
    """
    if not isinstance(value, str) or not value.strip():
        raise refuse(f"{place} is to be a name, got {value_text(value)}")
    if len(value) > MOST_NAME:
        raise refuse(
            f"{place} has {len(value):,} characters, and a name has at most {MOST_NAME}"
        )
    return value
