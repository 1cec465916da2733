"""The OpenAI chat protocol on the wire: an answer's bytes, a fault's meaning."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import Finish, ModelRequest, Reply, Usage
from shapley_coop.llm.backends.dialect import content
from shapley_coop.llm.faults import (
    FaultKind,
    PassingError,
    UnusableError,
    retry_after,
)
from shapley_coop.llm.replies import split_thinking
from shapley_coop.llm.secrets import redact

SHOWN = 200
"""Most characters of a server's answer that an error repeats."""
LARGEST = 4_000_000
"""Most bytes of an answer that are read."""
_QUOTA_CODES = frozenset(
    (
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "quota_exceeded",
    )
)
"""How providers name a quota that is used up, which no waiting brings back."""
_ADVICE = {
    401: "; the key is missing or wrong: see docs/models.md for the variable it is read from",
    402: "; the account has no credit left",
    403: "; this key may not use this model",
    404: "; check the model's name and the URL, which usually ends in /v1",
    429: "; the quota is used up: waiting does not help, add credit or use another key",
}
"""What to do about a status that would come again."""


def parse(data: bytes, request: ModelRequest, seconds: float) -> Reply:
    """Read the bytes of a chat completion.

    Raises:
        UnusableError: they are no text, no JSON, cut off, an error object, or no chat completion.
    """
    where = place(request)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise UnusableError(
            f"{where} answered bytes that are no UTF-8 ({error.reason})"
        ) from error
    # A page for people comes from a proxy, or from a URL that is not the endpoint's.
    if text.lstrip()[:1] == "<":
        raise UnusableError(
            f"{where} answered a web page instead of JSON: {clip(text)}; "
            "check the URL, which usually ends in /v1"
        )
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnusableError(
            f"{where} answered broken JSON ({error}): {clip(text)}"
        ) from error
    return read_completion(answer, request, seconds)


def read_completion(answer: Any, request: ModelRequest, seconds: float) -> Reply:
    """Read a decoded chat completion, its reasoning set apart from the answer.

    Raises:
        UnusableError: it has not the form of a chat completion.
    """
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        text = content(message)
        thinking = message.get("reasoning_content") or message.get("reasoning") or ""
        # A server that sets its model's reasoning apart leaves only the answer's own tags in it.
        if not isinstance(thinking, str) or not thinking:
            thinking, text = split_thinking(text)
        return Reply(
            text=text,
            thinking=thinking,
            finish=_finish(choice),
            usage=_usage(answer.get("usage") or {}),
            seconds=seconds,
        )
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        shown = clip(json.dumps(answer, default=str))
        raise UnusableError(
            f"{place(request)} answered JSON that is no chat completion: {shown}"
        ) from error


def refusal(
    status: int, text: str, headers: Mapping[str, str], request: ModelRequest
) -> ModelError:
    """Return what an HTTP error status means and what to do about it.

    408, 429 and 5xx pass. A quota that is used up and every other refusal would come again.
    """
    error = clip(_error_message(text))
    message = f"{place(request)} answered HTTP {status}: {error}"
    kind = _passing_kind(status, text)
    if kind is None:
        return ModelError(message + _ADVICE.get(status, ""))
    return PassingError(
        message,
        kind,
        retry_after=retry_after(headers),
        # A server that ran out of time has worked on the request.
        billable=kind == "timeout",
    )


def _passing_kind(status: int, text: str) -> FaultKind | None:
    """Return which fault a status is, or None where it would come again."""
    if status == 429:
        return None if is_quota_used_up(text) else "rate"
    if status in (408, 504):
        return "timeout"
    if status in (503, 529):
        return "busy"
    return "server" if status >= 500 else None


def is_quota_used_up(text: str) -> bool:
    """Return whether a 429 means an exhausted quota rather than too many calls at once."""
    # Providers put the code into either field, and some servers answer no JSON at all.
    try:
        error = json.loads(text)["error"]
        return not _QUOTA_CODES.isdisjoint((error.get("code"), error.get("type")))
    except (ValueError, KeyError, TypeError, AttributeError):
        return any(word in text for word in _QUOTA_CODES)


def unreachable(
    error: Exception, request: ModelRequest, *, billable: bool = False
) -> PassingError:
    """Return the fault of a connection that could not be made, or that broke.

    `billable` says that the request had been sent when it broke.
    """
    cause = error.__cause__ or error
    # Where nothing was sent, nobody may be there at all.
    kind: FaultKind = "server" if billable else "connection"
    return PassingError(
        f"cannot reach {place(request)}: "
        f"{type(cause).__name__}: {clip(str(cause))}; is the server running there?",
        kind,
        billable=billable,
    )


def late(request: ModelRequest, timeout: float) -> PassingError:
    """Return the fault of a server that took too long."""
    return PassingError(
        f"{place(request)} did not answer within {timeout:g} s; "
        "raise model.timeout, or check that the server is not stuck",
        "timeout",
        billable=True,
    )


def place(request: ModelRequest) -> str:
    """Return whom a request was for, in words."""
    return f"{request.endpoint} (model {request.model!r})"


def clip(text: str) -> str:
    """Return a server's words on one line, cut, with whatever looks like a key masked."""
    line = redact(" ".join(text.split()))
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


def _usage(counts: Mapping[str, Any]) -> Usage:
    # Servers leave fields out, or send null for what they did not count.
    prompt_details = counts.get("prompt_tokens_details") or {}
    completion_details = counts.get("completion_tokens_details") or {}
    return Usage(
        prompt=counts.get("prompt_tokens") or 0,
        completion=counts.get("completion_tokens") or 0,
        reasoning=completion_details.get("reasoning_tokens") or 0,
        cached=prompt_details.get("cached_tokens") or 0,
    )


def _finish(choice: Mapping[str, Any]) -> Finish:
    match choice.get("finish_reason"):
        case "stop" | "tool_calls":
            return "stop"
        case "length":
            return "length"
        case _:
            return "other"


def _error_message(text: str) -> str:
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text or "(nothing)"
