"""From the bytes of an answer to a JSON value, pieces of a stream put together.

Some servers answer in a stream that nobody asked for. Its form is that of server-sent events
(WHATWG HTML, section 9.2).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from shapley_coop.llm.chat.shapes import (
    answer_of_content,
    calls_of,
    error_of,
    text_of_arguments,
    thought_text,
)

_STREAM = re.compile(r"[\s\ufeff]*(?:data|event|id|retry)?:")
"""How a stream of events begins, and no JSON value does."""
_LINE_END = re.compile(r"\r\n|\r|\n")
"""The ends of lines in such a stream. Other marks that Python takes for ends may stand in them."""
_END = "[DONE]"
_END_OF_STREAM = re.compile(r"(?:^|[\r\n])data: *\[DONE\]")


def decode(data: bytes) -> Any:
    """Return the JSON value of an answer's bytes, or of the pieces of a stream put together.

    Raises:
        ValueError: they are no JSON.
    """
    # This finds UTF-16 and a mark of the byte order too.
    text = data.decode(json.detect_encoding(data))
    if _STREAM.match(text):
        return _whole_stream(text)
    return json.loads(text)


def _whole_stream(text: str) -> dict[str, Any]:
    """Return the answer that a stream of pieces comes to, or the first error in it.

    Raises:
        ValueError: a piece is no JSON object, or the stream breaks off.
    """
    whole: dict[str, Any] = {}
    contents: list[str] = []
    thoughts: list[str] = []
    arguments: dict[Any, list[str]] = {}
    finish = None
    has_end = _END_OF_STREAM.search(text) is not None
    for piece in _pieces(text):
        error = error_of(piece)
        if error is not None:
            return {"error": error}
        usage = _larger_counts(whole.get("usage"), piece.get("usage"))
        whole |= piece | {"usage": usage}
        # A piece with counts and without choices is the last one.
        is_last = bool(piece.get("usage")) and not piece.get("choices")
        has_end = has_end or is_last
        for choice in piece.get("choices") or []:
            # Of several answers the first is taken, as where they do not come in pieces.
            if choice.get("index"):
                continue
            part = choice.get("delta") or choice.get("message") or {}
            contents.append(answer_of_content(part.get("content")))
            thoughts.append(thought_text(part))
            for number, function in calls_of(part):
                parts = arguments.setdefault(number, [])
                parts.append(text_of_arguments(function))
            finish = choice.get("finish_reason") or finish
    if not (has_end or finish):
        raise ValueError("the stream breaks off before its end")
    calls = [
        {"function": {"arguments": "".join(parts)}} for parts in arguments.values()
    ]
    message = {
        "content": "".join(contents),
        "reasoning_content": "".join(thoughts),
        "tool_calls": calls,
    }
    whole["choices"] = [{"message": message, "finish_reason": finish}]
    return whole


def _larger_counts(before: Any, now: Any) -> Any:
    """Return the counts of a stream so far. They only grow: a last one may count a piece alone."""
    if not isinstance(before, Mapping) or not isinstance(now, Mapping):
        return now or before
    counts = {**before, **now}
    for name in before.keys() & now.keys():
        pair = (before[name], now[name])
        if all(isinstance(count, int | float) for count in pair):
            counts[name] = max(pair)
    return counts


def _pieces(text: str) -> Iterator[dict[str, Any]]:
    """Yield the objects of a stream.

    Raises:
        ValueError: one is no JSON object.
    """
    for kind, lines in _events(text):
        for value in _values(lines):
            if kind == "error" and error_of(value) is None:
                yield {"error": value}
            elif isinstance(value, dict):
                yield value
            else:
                raise ValueError(f"a piece of the stream is no object: {value!r}")


def _events(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the kind and the lines of data of each event."""
    kind = ""
    lines: list[str] = []
    # A stream that was cut off has no empty line at its end.
    for line in [*_LINE_END.split(text.lstrip("\ufeff")), ""]:
        # A line that begins with a colon is a comment, and its field has no name.
        name, _, value = line.partition(":")
        if not line:
            yield kind, lines
            kind = ""
            lines = []
        elif name == "event":
            kind = value.strip()
        elif name == "data":
            lines.append(value)


def _values(lines: list[str]) -> list[Any]:
    """Return the JSON values of an event: one in all its lines, or one in each.

    Raises:
        ValueError: there is no value in them.
    """
    full = [line for line in lines if line.strip() not in ("", _END)]
    if not full:
        return []
    try:
        return [json.loads("\n".join(full))]
    except ValueError:
        # Some servers leave out the empty lines between events.
        return [json.loads(line) for line in full]
