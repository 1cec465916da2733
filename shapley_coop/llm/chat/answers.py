"""From the bytes of a chat completion to a reply."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shapley_coop.interfaces.model import Finish, ModelRequest, Reply
from shapley_coop.llm.chat import shapes
from shapley_coop.llm.chat.bodies import decode
from shapley_coop.llm.chat.refusals import addressee, clip, error_inside
from shapley_coop.llm.chat.response import Response
from shapley_coop.llm.chat.usage import read_usage
from shapley_coop.llm.faults import PassingError, UnusableError
from shapley_coop.llm.thoughts import split_thinking

LONGEST = 200_000
"""Most characters of an answer that are looked at, far above what `max_tokens` hold."""
_NOT_READ = (
    KeyError,
    IndexError,
    TypeError,
    AttributeError,
    ValueError,
    RecursionError,
)
"""What comes of looking for a chat completion in whatever else a server sends."""


def parse(response: Response, request: ModelRequest, seconds: float) -> Reply:
    """Read the bytes of a chat completion, or of a stream of its pieces.

    Raises:
        UnusableError: they are no text, no JSON, cut off, or no chat completion.
        ModelError: they hold an error instead, whose kind says what it means.
    """
    where = addressee(request)
    data = response.data
    # A page for people comes from a proxy, or from a URL that is not the endpoint's.
    if data.lstrip()[:1] == b"<":
        shown = clip(data.decode(errors="replace"))
        raise UnusableError(
            f"{where} answered a web page instead of JSON: {shown}; "
            "check the URL, which usually ends in /v1"
        )
    try:
        answer = decode(data)
    except UnicodeDecodeError as error:
        raise UnusableError(
            f"{where} answered bytes that are no UTF-8 ({error.reason})"
        ) from error
    except _NOT_READ as error:
        shown = clip(data.decode(errors="replace"))
        raise UnusableError(
            f"{where} answered broken JSON ({error}): {shown}"
        ) from error
    return read_completion(answer, request, seconds, response.headers)


def read_completion(
    answer: Any,
    request: ModelRequest,
    seconds: float,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Read a decoded chat completion, its reasoning set apart from the answer.

    Raises:
        UnusableError: it has not the form of a chat completion.
        ModelError: it is an error instead, whose kind says what it means.
    """
    fault = error_inside(answer, headers or {}, request)
    if fault is not None:
        raise fault
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text = shapes.answer_text(message)
        thinking = shapes.thought_text(message)
        if len(text) > LONGEST:
            raise ValueError("its text is too long to be read")
        # A server that sets its model's reasoning apart leaves only the answer's own tags in it.
        if not thinking:
            thinking, text = split_thinking(text)
        return Reply(
            text=text,
            thinking=thinking,
            finish=_finish(choice),
            usage=read_usage(
                answer.get("usage"), request, silent=not text and not thinking
            ),
            model=_other_model(answer, request),
            seconds=seconds,
        )
    except _NOT_READ as error:
        shown = clip(json.dumps(answer, default=str))
        raise UnusableError(
            f"{addressee(request)} answered JSON that is no chat completion: {shown}"
        ) from error


def unreachable(
    error: Exception, request: ModelRequest, *, billable: bool = False, route: str = ""
) -> PassingError:
    """Return the fault of a connection that could not be made, or that broke.

    Args:
        error: what was raised.
        request: what was to be sent.
        billable: whether it had been sent when the connection broke.
        route: the proxy between, in words. Empty means that there is none.
    """
    advice = "is the server running there?"
    if route:
        advice = f"the way led through the proxy {route}"
    return PassingError(
        f"cannot reach {addressee(request)}: {clip(str(error))}; {advice}",
        # Where nothing was sent, nobody may be there at all.
        "server" if billable else "connection",
        billable=billable,
    )


def late(request: ModelRequest, timeout: float) -> PassingError:
    """Return the fault of a server that took too long."""
    return PassingError(
        f"{addressee(request)} did not answer within {timeout:g} s; "
        "raise model.timeout, or check that the server is not stuck",
        "timeout",
        billable=True,
    )


def _other_model(answer: Mapping[str, Any], request: ModelRequest) -> str:
    """Return the model that answered by its own word, where that is not the one asked."""
    name = answer.get("model")
    if not isinstance(name, str) or request.model.endswith(name):
        return ""
    return clip(name)


def _finish(choice: Mapping[str, Any]) -> Finish:
    match choice.get("finish_reason"):
        case "stop" | "tool_calls" | "function_call" | "end_turn" | "eos":
            return "stop"
        case "length" | "max_tokens":
            return "length"
        case "content_filter" | "safety" | "SAFETY" | "PROHIBITED_CONTENT":
            return "filter"
        case _:
            return "other"
