"""The shapes in which servers answer, brought to one: what was said, what was thought, what failed.

They differ in where the text stands, in whether it comes in parts, in how a tool's arguments are
written, and in where an error is said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_TEXTS = ("text", "content", "output_text")
_THOUGHTS = ("thinking", "reasoning", "reasoning_text", "summary_text")
_REASONS = ("message", "detail", "code")
"""Fields of a body that is an error itself."""
_REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")


def answer_text(message: Mapping[str, Any]) -> str:
    """Return what a message answers: its tool calls' arguments, its text, or why it refuses."""
    arguments = [text_of_arguments(function) for _, function in calls_of(message)]
    if any(arguments):
        return "\n".join(arguments)
    text = answer_of_content(message.get("content"))
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


def calls_of(message: Mapping[str, Any]) -> list[tuple[Any, Mapping[str, Any]]]:
    """Return the functions that a message calls, each with its number among them."""
    calls = message.get("tool_calls") or []
    functions = [
        (call.get("index", number), call.get("function"))
        for number, call in enumerate(calls)
    ]
    # The field's name before there were several calls.
    functions.append((None, message.get("function_call")))
    return [
        (number, function)
        for number, function in functions
        if isinstance(function, Mapping)
    ]


def text_of_arguments(function: Mapping[str, Any]) -> str:
    """Return the arguments that a function is called with, as JSON."""
    arguments = function.get("arguments")
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments)


def answer_of_content(content: Any) -> str:
    """Return what a content answers, the thoughts among its parts left out."""
    return _text(content, _TEXTS)


def error_of(body: Any) -> Any:
    """Return the error that a body holds in place of an answer, whatever its form, or None."""
    # Google's answers to errors are lists.
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        return None
    error = body.get("error") or _error_of_choice(body.get("choices"))
    if error:
        # Where the field says only that there is one, its words stand beside it.
        return body if error is True else error
    if "error" in (body.get("object"), body.get("type")):
        return body
    if "choices" in body:
        return None
    errors = body.get("errors")
    if errors:
        return errors[0] if isinstance(errors, list) else errors
    says_why = any(isinstance(body.get(name), str | int) for name in _REASONS)
    return body if says_why else None


def _error_of_choice(choices: Any) -> Any:
    if not isinstance(choices, list):
        return None
    for choice in choices:
        if isinstance(choice, Mapping) and choice.get("error"):
            return choice["error"]
    return None


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
