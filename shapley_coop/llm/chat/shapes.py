"""The shapes in which servers answer, brought to one: what was said, what was thought.

They differ in where the text stands, in whether it comes in parts or as a stream, and in how a
tool's arguments are written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TEXTS = ("text", "content", "output_text")
_THOUGHTS = ("thinking", "reasoning", "reasoning_text", "summary_text")
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")


def decode(data: bytes) -> Any:
    """Return the JSON value of an answer's bytes, or of the pieces of a stream put together.

    Raises:
        ValueError: they are no JSON.
    """
    # This finds UTF-16 and a mark of the byte order too.
    text = data.decode(json.detect_encoding(data))
    if text.startswith(("data:", "event:", ": ", ":\n")):
        return _whole_stream(text)
    return json.loads(text)


def answer_text(message: Mapping[str, Any]) -> str:
    """Return what a message answers: its tool calls' arguments, its text, or why it refuses."""
    arguments = [_arguments(call) for call in _calls(message)]
    if any(arguments):
        return "\n".join(arguments)
    text = _text(message.get("content"), _TEXTS)
    refusal = message.get("refusal")
    if not text and isinstance(refusal, str):
        return refusal
    return text


def thought_text(message: Mapping[str, Any]) -> str:
    """Return the reasoning that a server sets apart from the answer."""
    for name in _REASONING_FIELDS:
        text = message.get(name)
        if isinstance(text, str) and text:
            return text
    content = message.get("content")
    if isinstance(content, list):
        return _text([part for part in content if _is_thought(part)], _THOUGHTS)
    return ""


def _calls(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the functions that a message calls."""
    calls = message.get("tool_calls")
    functions = [call.get("function") for call in calls] if calls else []
    # The field's name before there were several calls.
    functions.append(message.get("function_call"))
    return [function for function in functions if isinstance(function, Mapping)]


def _arguments(function: Mapping[str, Any]) -> str:
    arguments = function.get("arguments")
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments)


def _is_thought(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") in _THOUGHTS


def _text(content: Any, names: tuple[str, ...]) -> str:
    """Return the text of a content: itself, or that of its parts under one of some names."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "".join(_text_of_part(part, names) for part in content)
    # The object that was asked for, and not its text.
    return json.dumps(content)


def _text_of_part(part: Any, names: tuple[str, ...]) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, Mapping) or (names == _TEXTS and _is_thought(part)):
        return ""
    for name in (*names, *_TEXTS):
        if name in part:
            return _text(part[name], names)
    return ""


def _whole_stream(text: str) -> dict[str, Any]:
    """Return the answer that a stream of pieces comes to.

    Raises:
        ValueError: a piece is no JSON object.
    """
    whole: dict[str, Any] = {}
    contents: list[str] = []
    thoughts: list[str] = []
    arguments: dict[int, list[str]] = {}
    finish = None
    for piece in _pieces(text):
        usage = piece.get("usage") or whole.get("usage")
        whole |= piece | {"usage": usage}
        for choice in piece.get("choices") or []:
            part = choice.get("delta") or choice.get("message") or {}
            contents.append(_text(part.get("content"), _TEXTS))
            thoughts.append(thought_text(part))
            for call in part.get("tool_calls") or []:
                place = arguments.setdefault(call.get("index", 0), [])
                place.append(_arguments(call.get("function") or {}))
            finish = choice.get("finish_reason") or finish
    calls = [
        {"function": {"arguments": "".join(parts)}} for parts in arguments.values()
    ]
    message = {
        "content": "".join(contents),
        "reasoning_content": "".join(thoughts),
        "tool_calls": calls,
    }
    # A stream that was cut off has no end, and an error in it stands beside its pieces.
    if "error" not in whole:
        whole["choices"] = [{"message": message, "finish_reason": finish}]
    return whole


def _pieces(text: str) -> list[dict[str, Any]]:
    pieces = []
    for line in text.splitlines():
        field, _, value = line.partition(":")
        if field != "data" or not value.strip() or value.strip() == "[DONE]":
            continue
        piece = json.loads(value)
        if not isinstance(piece, dict):
            raise ValueError(f"a piece of the stream is no object: {piece!r}")
        pieces.append(piece)
    return pieces
