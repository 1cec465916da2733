"""From a model's text to a value, which is never guessed: a model is told the exact error."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from pydantic import ValidationError

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.model import Asker, Message, Reply, Schema
from shapley_coop.llm.thoughts import ends_in_thought, split_thinking
from shapley_coop.records.strict_json import object_of_unique_names
from shapley_coop.records.words import shorten, whole_characters

T = TypeVar("T")

_MOST_DIGITS = 30
"""Most digits of a whole number in an answer."""
_DEEPEST = 50
"""Most levels of lists and objects inside one another in an answer."""
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
    tokens: int | None = None,
) -> ReadReply[T]:
    """Ask until `parse` takes the answer, at most `repairs` more times, each with the last error.

    An answer may take as many tokens as the settings say, or `tokens` where that is more.

    `parse` refuses an answer with ValueError or IllegalMove. A result whose value is None is a
    forfeit to record.
    """
    errors: list[str] = []
    conversation = list(messages)
    for attempt in range(1, repairs + 2):
        reply = await asker.complete(
            conversation, schema, purpose=purpose, tokens=tokens
        )
        try:
            return ReadReply(parse(reply), tuple(errors), attempt)
        except (ValueError, IllegalMove) as error:
            errors.append(explain(error))
        # The same question meets the same filter, and is billed again.
        if is_withheld(reply):
            return ReadReply(None, tuple(errors), attempt)
        # Only the last answer is repeated: a small model copies what it reads twice.
        conversation = [*messages, *_correction(reply, errors[-1])]
    return ReadReply(None, tuple(errors), repairs + 1)


def json_object(reply: Reply, *, exact: bool = False) -> dict[str, Any]:
    """Return the one JSON object of a reply.

    Args:
        reply: the answer.
        exact: whether half a character stays as it is. Elsewhere a mark takes its place, so that
            every text can be written down.

    Raises:
        ValueError: the reply was cut, holds no object, several, or one that would need guessing.
    """
    text = _complete_text(reply)
    start = text.find("{")
    if start < 0:
        raise ValueError("the answer holds no JSON object; answer with exactly one")
    if text[:start].rstrip().endswith("["):
        raise ValueError("the answer is a list; answer with exactly one JSON object")
    try:
        value, end = _DECODER.raw_decode(text, start)
        sound: dict[str, Any] = _sound(value, exact=exact)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the JSON object is broken: {error}") from error
    if "{" in text[end:]:
        raise ValueError(
            "the answer holds several JSON objects; answer with exactly one"
        )
    return sound


def text_in_tags(reply: Reply) -> str:
    """Return what stands between the one <s> and the one </s> of a reply, without blanks around.

    Raises:
        ValueError: the reply was cut, or holds no such pair, or several.
    """
    return inside_tags(reply).strip()


def inside_tags(reply: Reply) -> str:
    """Return all that stands between the one <s> and the one </s> of a reply, as it stands.

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
    return answer


def answer_text(reply: Reply) -> str:
    """Return a reply's text without the reasoning that precedes the answer.

    Raises:
        ValueError: the reply was cut by the token limit, or never left its reasoning.
    """
    refuse_cut_off(reply)
    if is_withheld(reply):
        raise ValueError("a filter of the server has withheld the answer")
    if ends_in_thought(reply.text):
        raise ValueError("the answer ends inside its reasoning; answer after it")
    _, answer = split_thinking(reply.text)
    if not answer.strip():
        raise ValueError("the answer is empty")
    return answer.strip()


def refuse_cut_off(reply: Reply) -> None:
    """Raise ValueError if the token limit has cut a reply off."""
    if reply.finish == "length":
        raise ValueError("the answer was cut off at the token limit; answer shorter")


def is_withheld(reply: Reply) -> bool:
    """Return whether a filter of the server has left nothing of an answer."""
    return reply.finish == "filter" and not reply.text.strip()


def explain(error: Exception) -> str:
    """Return an error as one short line that a model can act on."""
    if isinstance(error, ValidationError):
        # Several alternatives of a union can fail in the same way, which is said once.
        faults = dict.fromkeys(_fault_text(fault) for fault in error.errors())
        text = "; ".join(faults)
    else:
        text = " ".join(str(error).split())
    return shorten(text, _SHOWN_ERROR)


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


def _complete_text(reply: Reply) -> str:
    """Return a reply's answer. One whose object is followed by white space alone was not cut off.

    Models under a grammar may write blanks after the object up to the limit.
    """
    blanks = len(reply.text) - len(reply.text.rstrip())
    if reply.finish == "length" and blanks and reply.text.rstrip().endswith("}"):
        reply = reply.model_copy(update={"finish": "stop"})
    return answer_text(reply)


def _sound(value: Any, depth: int = 0, *, exact: bool = False) -> Any:
    """Return a decoded value in which every text can be written to a file.

    Raises:
        ValueError: it is nested so deeply that nothing can be done with it.
    """
    if depth > _DEEPEST:
        raise ValueError(f"it is nested more than {_DEEPEST} levels deep")
    # JSON can spell half of a pair of code units, which is no character.
    if isinstance(value, str):
        return value if exact else whole_characters(value)
    if isinstance(value, list):
        return [_sound(part, depth + 1, exact=exact) for part in value]
    if isinstance(value, dict):
        return {
            whole_characters(name): _sound(part, depth + 1, exact=exact)
            for name, part in value.items()
        }
    return value


def _refuse_constant(name: str) -> Any:
    # Python reads NaN and Infinity, which JSON does not know.
    raise ValueError(f"{name} is no number in JSON")


def _bounded_int(digits: str) -> int:
    # A number that no float holds breaks every sum that it goes into.
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits)} digits is too long")
    return int(digits)


def _finite_float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"the number {digits[:20]} is too large")
    return value


_DECODER = json.JSONDecoder(
    object_pairs_hook=object_of_unique_names,
    parse_constant=_refuse_constant,
    parse_int=_bounded_int,
    parse_float=_finite_float,
)
