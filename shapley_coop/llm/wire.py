"""The OpenAI chat protocol on the wire: a request's body, an answer's text, a fault's meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Literal

from shapley_coop.errors import ModelError
from shapley_coop.llm.faults import PassingError
from shapley_coop.model import Reply, Request, Usage

SHOWN = 200
"""Most characters of a server's answer that an error repeats."""


def body(request: Request) -> dict[str, Any]:
    """Return the fields of a chat completion, the schema as `response_format`."""
    sampling = request.sampling
    fields: dict[str, Any] = {
        "messages": [message.model_dump() for message in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
    }
    if request.schema_ is not None:
        fields["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": request.schema_},
        }
    return fields


def parse(text: str, request: Request, seconds: float) -> Reply:
    """Read the text of a chat completion.

    Raises:
        ModelError: it is no JSON, cut off, an error object, or no chat completion.
    """
    where = f"{request.endpoint} (model {request.model!r})"
    if text.lstrip()[:1] == "<":
        raise ModelError(
            f"{where} answered a web page instead of JSON: {clip(text)}; "
            "check the URL, which usually ends in /v1"
        )
    try:
        answer = json.loads(text)
    except ValueError as error:
        raise ModelError(f"{where} answered broken JSON ({error}): {clip(text)}") from error
    return reply(answer, request, seconds)


def reply(answer: Any, request: Request, seconds: float) -> Reply:
    """Read a decoded chat completion."""
    where = f"{request.endpoint} (model {request.model!r})"
    try:
        choice = answer["choices"][0]
        text = choice["message"]["content"] or ""
        counted = answer.get("usage") or {}
        usage = Usage(
            prompt=counted.get("prompt_tokens") or 0,
            completion=counted.get("completion_tokens") or 0,
        )
        return Reply(text=text, finish=_finish(choice), usage=usage, seconds=seconds)
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        shown = clip(json.dumps(answer, default=str))
        raise ModelError(f"{where} answered JSON that is no chat completion: {shown}") from error


def refused(status: int, text: str, headers: Mapping[str, str], request: Request) -> ModelError:
    """Return what an HTTP error status means and what to do about it."""
    where = f"{request.endpoint} (model {request.model!r})"
    said = f"{where} answered HTTP {status}: {clip(_message(text))}"
    if status == 429 or status >= 500:
        return PassingError(said, _retry_after(headers))
    advice = {
        401: "; the key is missing or wrong: see docs/models.md for the variable it is read from",
        403: "; this key may not use this model",
        404: "; check the model's name and the URL, which usually ends in /v1",
    }
    return ModelError(said + advice.get(status, ""))


def unreachable(error: Exception, request: Request) -> PassingError:
    """Return the fault of a connection that could not be made or broke."""
    cause = error.__cause__ or error
    return PassingError(
        f"cannot reach {request.endpoint} (model {request.model!r}): "
        f"{type(cause).__name__}: {clip(str(cause))}; is the server running there?"
    )


def late(request: Request, timeout: float) -> ModelError:
    """Return the fault of a server that took too long."""
    return ModelError(
        f"{request.endpoint} (model {request.model!r}) did not answer within {timeout:g} s; "
        "raise model.timeout, or check that the server is not stuck"
    )


def clip(text: str) -> str:
    """Return a server's words on one line, cut, with whatever looks like a key masked."""
    line = " ".join(text.split())
    line = re.sub(r"\b(?:sk|key|gsk|xai|pk)-[\w*.-]{6,}|\bAIza[\w-]{10,}", "[key]", line)
    line = re.sub(r"(?i)bearer\s+\S+", "Bearer [key]", line)
    return line if len(line) <= SHOWN else line[:SHOWN] + "…"


def _finish(choice: Mapping[str, Any]) -> Literal["stop", "length", "other"]:
    match choice.get("finish_reason"):
        case "stop":
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


def _retry_after(headers: Mapping[str, str]) -> float | None:
    try:
        return max(0.0, float(headers.get("retry-after", "")))
    except ValueError:
        return None
