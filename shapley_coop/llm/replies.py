"""From a model's text to a value, which is never guessed: a model is told the exact error."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.model import Asker, Message, Reply, Schema

T = TypeVar("T")

_THOUGHT = re.compile(
    r"\s*<(?P<tag>think|thinking|reasoning)>(?P<thought>.*?)</(?P=tag)>", re.DOTALL
)
_OPEN_THOUGHT = re.compile(r"<(think|thinking|reasoning)>")
_SHOWN_ERROR = 300
"""Most characters of an error that a model is told."""
_SHOWN_REPLY = 2000
"""Most characters of its own answer that a model is shown again."""


class ReadReply(NamedTuple, Generic[T]):
    """The end of some attempts to get a value."""

    value: T | None
    """What was read. None means that no answer could be used."""
    errors: tuple[str, ...]
    """What was wrong with each answer that could not be used."""
    calls: int
    """How many answers there were."""


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

    `parse` refuses an answer with ValueError or IllegalMove. A result whose value is None is a
    forfeit to record.
    """
    errors: list[str] = []
    conversation = list(messages)
    for attempt in range(1, repairs + 2):
        reply = await asker.complete(conversation, schema, purpose=purpose)
        try:
            return ReadReply(parse(reply), tuple(errors), attempt)
        except (ValueError, IllegalMove) as error:
            errors.append(explain(error))
        # Only the last answer is repeated: a small model copies what it reads twice.
        conversation = [*messages, *_correction(reply, errors[-1])]
    return ReadReply(None, tuple(errors), repairs + 1)


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
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the JSON object is broken: {error}") from error
    if "{" in text[end:]:
        raise ValueError(
            "the answer holds several JSON objects; answer with exactly one"
        )
    return dict(value)


def text_in_tags(reply: Reply) -> str:
    """Return what stands between the one <s> and the one </s> of a reply.

    Raises:
        ValueError: the reply was cut, or holds no such pair, or several.
    """
    text = answer_text(reply)
    opening = text.count("<s>")
    closing = text.count("</s>")
    before, _, rest = text.partition("<s>")
    answer, _, _ = rest.partition("</s>")
    if opening != 1 or closing != 1 or "</s>" in before:
        raise ValueError(
            "write the answer once between <s> and </s>; "
            f"found {opening} <s> and {closing} </s>"
        )
    return answer.strip()


def answer_text(reply: Reply) -> str:
    """Return a reply's text without the reasoning that precedes the answer.

    Raises:
        ValueError: the reply was cut by the token limit, or never left its reasoning.
    """
    refuse_cut_off(reply)
    _, rest = _leading_thoughts(reply.text)
    if not rest.strip():
        raise ValueError("the answer is empty")
    if _OPEN_THOUGHT.match(rest.strip()):
        raise ValueError("the answer ends inside its reasoning; answer after it")
    _, answer = split_thinking(rest)
    return answer.strip()


def refuse_cut_off(reply: Reply) -> None:
    """Raise ValueError if the token limit has cut a reply off."""
    if reply.finish == "length":
        raise ValueError("the answer was cut off at the token limit; answer shorter")


def split_thinking(text: str) -> tuple[str, str]:
    """Return the reasoning that precedes an answer, and the answer.

    Reasoning stands between tags such as <think> and </think>, once or several times. Some
    servers put the opening tag into the prompt, so that the closing one comes alone.
    """
    thoughts, answer = _leading_thoughts(text)
    start = answer.lstrip()
    # A closing tag within an answer of JSON, or in a thought that goes on, is only text.
    if not start.startswith("{") and not _OPEN_THOUGHT.match(start):
        thought, tag, rest = answer.rpartition("</think>")
        if tag:
            thoughts.append(thought.strip())
            answer = rest.lstrip()
    return "\n".join(thoughts), answer


def _leading_thoughts(text: str) -> tuple[list[str], str]:
    """Return the thoughts at the start of a text that have both tags, and what follows them."""
    thoughts: list[str] = []
    while thought := _THOUGHT.match(text):
        thoughts.append(thought["thought"].strip())
        text = text[thought.end() :].lstrip()
    return thoughts, text


def explain(error: Exception) -> str:
    """Return an error as one short line that a model can act on."""
    if isinstance(error, ValidationError):
        # Several alternatives of a union can fail in the same way, which is said once.
        faults = dict.fromkeys(_fault_text(fault) for fault in error.errors())
        text = "; ".join(faults)
    else:
        text = " ".join(str(error).split())
    return text if len(text) <= _SHOWN_ERROR else text[:_SHOWN_ERROR] + "…"


def _fault_text(fault: Any) -> str:
    path = ".".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{path}: {message}" if path else message


def _correction(reply: Reply, error: str) -> list[Message]:
    """Return what follows an answer that cannot be used: the answer itself, and why."""
    answer = reply.text[:_SHOWN_REPLY] or "(nothing)"
    request = (
        f"That answer cannot be used: {error}. Answer again, with the whole answer."
    )
    return [
        Message(role="assistant", content=answer),
        Message(role="user", content=request),
    ]


def _object_of_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # The decoder would take the last of two equal names, which is a guess.
    counts = Counter(name for name, _ in pairs)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise ValueError(f"field {min(twice)!r} is given twice")
    return dict(pairs)


def _refuse_constant(name: str) -> Any:
    # Python reads NaN and Infinity, which JSON does not know.
    raise ValueError(f"{name} is no number in JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_object_of_unique_names, parse_constant=_refuse_constant
)
