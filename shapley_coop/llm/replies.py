"""From a model's text to a value: found, never guessed; asked again with the exact error."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.model import Asker, Message, Reply, Schema

T = TypeVar("T")

_THINKING = re.compile(r"\s*<(think|thinking|reasoning)>.*?</\1>", re.DOTALL)
_DECODER_ERRORS = (ValueError, RecursionError)
_SHOWN_ERROR = 300
_SHOWN_REPLY = 2000


class ReadReply(NamedTuple, Generic[T]):
    """The end of some attempts: a value or None, what was wrong each time, what it cost."""

    value: T | None
    errors: tuple[str, ...]
    calls: int
    tokens: int


async def ask(
    asker: Asker,
    messages: Sequence[Message],
    schema: Schema | None,
    parse: Callable[[Reply], T],
    *,
    purpose: str,
    repairs: int,
) -> ReadReply[T]:
    """Ask until `parse` takes the answer, at most `repairs` more times, each with the last error.

    `parse` refuses with ValueError or IllegalMove; None in the result is a forfeit to record.
    """
    errors: list[str] = []
    tokens = 0
    said = list(messages)
    for attempt in range(1, repairs + 2):
        reply = await asker.complete(said, schema, purpose=purpose)
        tokens += reply.usage.total
        try:
            return ReadReply(parse(reply), tuple(errors), attempt, tokens)
        except (ValueError, IllegalMove) as error:
            errors.append(explain(error))
        said = [*messages, *_again(reply, errors[-1])]
    return ReadReply(None, tuple(errors), repairs + 1, tokens)


def json_object(reply: Reply) -> dict[str, Any]:
    """Return the one JSON object of a reply.

    Raises:
        ValueError: the reply was cut, holds no object, several, or one that would need guessing.
    """
    text = answer_text(reply)
    start = text.find("{")
    if start < 0:
        raise ValueError("the answer holds no JSON object; answer with exactly one")
    if text[:start].rstrip().endswith("["):
        raise ValueError("the answer is a list; answer with exactly one JSON object")
    try:
        value, end = _DECODER.raw_decode(text, start)
    except _DECODER_ERRORS as error:
        raise ValueError(f"the JSON object is broken: {error}") from error
    if "{" in text[end:]:
        raise ValueError(
            "the answer holds several JSON objects; answer with exactly one"
        )
    return dict(value)


def tagged(reply: Reply) -> str:
    """Return what stands between the one <s> and the one </s> of a reply.

    Raises:
        ValueError: the reply was cut, or holds no such pair, or several.
    """
    text = answer_text(reply)
    opened, closed = text.count("<s>"), text.count("</s>")
    start, end = text.find("<s>"), text.find("</s>")
    if opened != 1 or closed != 1 or end < start:
        raise ValueError(
            f"write the answer once between <s> and </s>; found {opened} <s> and {closed} </s>"
        )
    return text[start + len("<s>") : end].strip()


def answer_text(reply: Reply) -> str:
    """Return a reply's text without the reasoning that precedes the answer.

    Raises:
        ValueError: the reply was cut by the token limit, or never left its reasoning.
    """
    if reply.finish == "length":
        raise ValueError("the answer was cut off at the token limit; answer shorter")
    text = reply.text
    while found := _THINKING.match(text):
        text = text[found.end() :]
    text = text.strip()
    if not text:
        raise ValueError("the answer is empty")
    if re.match(r"<(think|thinking|reasoning)>", text):
        raise ValueError("the answer ends inside its reasoning; answer after it")
    head, closing, rest = text.rpartition("</think>")
    if closing and not head.startswith("{"):  # some servers send the closing tag alone
        return rest.strip()
    return text


def explain(error: Exception) -> str:
    """Return an error as one short line that a model can act on."""
    if isinstance(error, ValidationError):
        faults = [_fault(fault) for fault in error.errors()]
        text = "; ".join(dict.fromkeys(faults))
    else:
        text = " ".join(str(error).split())
    return text if len(text) <= _SHOWN_ERROR else text[:_SHOWN_ERROR] + "…"


def _fault(fault: Any) -> str:
    path = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {message}" if path else message


def _again(reply: Reply, error: str) -> list[Message]:
    request = (
        f"That answer cannot be used: {error}. Answer again, with the whole answer."
    )
    said = reply.text[:_SHOWN_REPLY] or "(nothing)"
    return [
        Message(role="assistant", content=said),
        Message(role="user", content=request),
    ]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"field {twice[0]!r} is given twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number in JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_no_constant)
