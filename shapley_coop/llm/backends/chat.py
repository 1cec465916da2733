"""The OpenAI chat protocol on the wire: an answer's bytes, a fault's meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import ModelRequest, Reply, Usage
from shapley_coop.llm.backends.dialect import content
from shapley_coop.llm.faults import PassingError, UnusableError, retry_after
from shapley_coop.llm.secrets import redact

SHOWN = 200
"""Most characters of a server's answer that an error repeats."""
LARGEST = 4_000_000
"""Most bytes of an answer that are read."""
_THINKING = re.compile(r"\s*<(think|thinking|reasoning)>(.*?)</\1>", re.DOTALL)
_SPENT = frozenset(
    (
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "quota_exceeded",
    )
)


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
    return reply(answer, request, seconds)


def reply(answer: Any, request: ModelRequest, seconds: float) -> Reply:
    """Read a decoded chat completion; reasoning is set apart from the answer."""
    try:
        choice = answer["choices"][0]
        message = choice["message"]
        said = content(message)
        told = message.get("reasoning_content") or message.get("reasoning") or ""
        # A server that sets its model's reasoning apart leaves only the answer's own tags in it.
        apart = isinstance(told, str) and told
        thinking, text = (told, said) if apart else split(said)
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


def split(text: str) -> tuple[str, str]:
    """Return the reasoning that precedes an answer, and the answer."""
    thoughts = []
    while found := _THINKING.match(text):
        thoughts.append(found[2].strip())
        text = text[found.end() :].lstrip()
    return "\n".join(thoughts), text


def refused(
    status: int, text: str, headers: Mapping[str, str], request: ModelRequest
) -> ModelError:
    """Return what an HTTP error status means and what to do about it.

    408, 429 and 5xx pass; a spent quota and every other refusal would come again.
    """
    said = f"{place(request)} answered HTTP {status}: {clip(_message(text))}"
    if status == 429 and not spent(text):
        return PassingError(said, "rate", retry_after=retry_after(headers))
    if status in (408, 504):
        return PassingError(
            said, "timeout", retry_after=retry_after(headers), charged=True
        )
    if status >= 500:
        kind: Literal["busy", "server"] = "busy" if status in (503, 529) else "server"
        return PassingError(said, kind, retry_after=retry_after(headers))
    advice = {
        401: "; the key is missing or wrong: see docs/models.md for the variable it is read from",
        402: "; the account has no credit left",
        403: "; this key may not use this model",
        404: "; check the model's name and the URL, which usually ends in /v1",
        429: "; the quota is used up: waiting does not help, add credit or use another key",
    }
    return ModelError(said + advice.get(status, ""))


def spent(text: str) -> bool:
    """Return whether a 429 means an exhausted quota rather than too many calls at once."""
    try:
        error = json.loads(text)["error"]
        return bool({error.get("code"), error.get("type")} & _SPENT)
    except (ValueError, KeyError, TypeError, AttributeError):
        return any(word in text for word in _SPENT)


def unreachable(
    error: Exception, request: ModelRequest, *, charged: bool = False
) -> PassingError:
    """Return the fault of a connection that could not be made, or broke with the request sent."""
    cause = error.__cause__ or error
    return PassingError(
        f"cannot reach {place(request)}: "
        f"{type(cause).__name__}: {clip(str(cause))}; is the server running there?",
        "server" if charged else "connection",
        charged=charged,
    )


def late(request: ModelRequest, timeout: float) -> PassingError:
    """Return the fault of a server that took too long."""
    return PassingError(
        f"{place(request)} did not answer within {timeout:g} s; "
        "raise model.timeout, or check that the server is not stuck",
        "timeout",
        charged=True,
    )


def place(request: ModelRequest) -> str:
    """Return whom a request was for, in words."""
    return f"{request.endpoint} (model {request.model!r})"


def clip(text: str) -> str:
    """Return a server's words on one line, cut, with whatever looks like a key masked."""
    line = redact(" ".join(text.split()))
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


def _usage(counted: Mapping[str, Any]) -> Usage:
    prompt = counted.get("prompt_tokens_details") or {}
    completion = counted.get("completion_tokens_details") or {}
    return Usage(
        prompt=counted.get("prompt_tokens") or 0,
        completion=counted.get("completion_tokens") or 0,
        reasoning=completion.get("reasoning_tokens") or 0,
        cached=prompt.get("cached_tokens") or 0,
    )


def _finish(choice: Mapping[str, Any]) -> Literal["stop", "length", "other"]:
    match choice.get("finish_reason"):
        case "stop" | "tool_calls":
            return "stop"
        case "length":
            return "length"
        case _:
            return "other"


def _message(text: str) -> str:
    try:
        return str(json.loads(text)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return text or "(nothing)"
