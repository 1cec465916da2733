"""What logs of several formats share: amounts, texts in parts, and files of one or many values."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from shapley_coop.errors import InputError
from shapley_coop.teams.imports.bounds import MOST_NESTING, finite, name_at, parse
from shapley_coop.teams.imports.source import Source

T = TypeVar("T")

UNNAMED = "(unnamed)"
"""What a seat is called whose log gives it no name."""
LINES = (".jsonl", ".ndjson")
MOST_SNIFFED = 100
"""Files of a folder that are looked at for what format they have."""
# A value that is printed over several lines ends with a bracket at the margin.
_BETWEEN = re.compile(r"(?<=\n\})\s*\n(?=\{)")


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a JSON object, or an empty one where a log has something else."""
    return value if isinstance(value, dict) else {}


def members(value: Any) -> list[Any]:
    """Return a JSON list, or an empty one where a log has something else."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str:
    """Return a text, or nothing where a log has something else."""
    return value if isinstance(value, str) else ""


def amount(value: Any) -> float | None:
    """Return an amount of tokens or money, or None where a log states none that can be one."""
    # OTLP writes whole numbers as texts.
    if (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) < 16
    ):
        value = int(value)
    stated = finite(value)
    return stated if stated is not None and stated >= 0 else None


def join_parts(content: Any) -> str:
    """Return the text of a message that is a text or a list of parts. Pictures are left out."""
    if isinstance(content, str):
        return content
    parts = []
    for part in members(content):
        fields = mapping(part)
        if fields.get("type", "text") == "text":
            parts.append(text(fields.get("text", fields.get("content"))))
    return "\n".join(part for part in parts if part)


def content_text(content: Any) -> str:
    """Return the text of a message that may also be an object of somebody's own kind."""
    if isinstance(content, dict):
        return json.dumps(content, ensure_ascii=False)
    return join_parts(content)


def values(source: Source, path: Path) -> Iterator[tuple[str, Any]]:
    """Yield the JSON values of a file after their places: one, one a line, or one after another.

    Raises:
        InputError: the file cannot be read within bounds, or is no JSON.
    """
    if path.suffix in LINES:
        yield from source.entries(path)
        return
    whole, place = source.text(path), source.place(path)
    pieces = _BETWEEN.split(whole.strip())
    if len(pieces) == 1 and "\n" in pieces[0]:
        try:
            yield place, parse(whole, place)
        except InputError as error:
            pieces = [line for line in pieces[0].split("\n") if line.strip()]
            # A value over several lines that is broken is one broken value, not many.
            try:
                parse(pieces[0], place)
            except InputError:
                raise error from None
        else:
            return
    for index, piece in enumerate(pieces, 1):
        part = f"value {index:,} of {place}"
        yield part, parse(piece, part if len(pieces) > 1 else place)


def name_of(value: Any, place: str) -> str:
    """Return the name of a seat, as it stands in a log, or a stated one where it has none.

    Raises:
        InputError: it is too long to be a name.
    """
    name = text(value).strip()
    return name_at(name, f"a name in {place}") if name else UNNAMED


def outward(
    key: str, spans: Mapping[str, T], parent_of: Callable[[T], str]
) -> Iterator[T]:
    """Yield the span of a key and those around it, the nearest first.

    Args:
        key: of the innermost span.
        spans: all of them, by their keys.
        parent_of: tells the key of the span around one.
    """
    # Parents may form a circle, or a chain of any length, in a log that was tampered with.
    for _ in range(MOST_NESTING):
        if key not in spans:
            return
        yield spans[key]
        key = parent_of(spans[key])


def begins_with(source: Source, suffixes: tuple[str, ...], *marks: str) -> bool:
    """Return whether some file of a log has one of some marks where it begins."""
    for path in source.files(*suffixes)[:MOST_SNIFFED]:
        head = source.head(path)
        if any(mark in head for mark in marks):
            return True
    return False
