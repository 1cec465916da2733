"""What a refusal means: it passes, it is about this request alone, or every request meets it.

A status says little: servers use one for many things, and some hide theirs in an answer of 200.
The error's own code comes first, then its words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import ModelRequest
from shapley_coop.llm.chat.shapes import error_of
from shapley_coop.llm.faults import (
    CallError,
    FaultKind,
    PassingError,
    UnusableError,
    retry_after,
)
from shapley_coop.llm.secrets import redact
from shapley_coop.records.words import shorten

SHOWN = 200
"""Most characters of a server's answer that an error repeats."""
_QUOTA_CODES = frozenset(
    (
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
        "quota_exceeded",
    )
)
"""How providers name a quota that is used up, which no waiting brings back."""
_STATUS_OF_CODE = {
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "RESOURCE_EXHAUSTED": 429,
    "overloaded_error": 529,
    "overloaded": 529,
    "UNAVAILABLE": 503,
    "service_unavailable": 503,
    "server_error": 500,
    "internal_server_error": 500,
    "internal_error": 500,
    "api_error": 500,
    "timeout": 504,
    "DEADLINE_EXCEEDED": 504,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "permission_error": 403,
    "model_not_found": 404,
}
"""The status that a code stands for where an error comes inside an answer of 200."""
_FILTERED = re.compile(
    r"content[_ ]?filter|content[_ ]?policy|content management policy|ResponsibleAIPolicy|"
    r"moderation|flagged|safety system|PROHIBITED_CONTENT",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context[_ ]?(?:length|size|window)|maximum context|prompt is too long|too many tokens|"
    r"input token count|exceed_context|max_completion_tokens' is too large|"
    r"longer than the (?:model's )?maximum|reduce the length",
    re.IGNORECASE,
)
_BAD_DRAW = re.compile(
    r"json_validate_failed|tool_use_failed|failed to (?:generate|validate) json|"
    r"failed to call a function",
    re.IGNORECASE,
)
_CALL_STATUSES = (400, 403, 413, 422)
"""Statuses by which servers refuse one request for what it says."""
_ADVICE = {
    401: "; the key is missing or wrong: see docs/models.md for the variable it is read from",
    402: "; the account has no credit left",
    403: "; this key may not use this model",
    404: "; check the model's name and the URL, which usually ends in /v1",
    429: "; the quota is used up: waiting does not help, add credit or use another key",
}
"""What to do about a status that would come again."""


class Refusal(NamedTuple):
    """What a server says of why it gives no answer."""

    codes: frozenset[str]
    """Whatever it gives as a code, a type or a status."""
    message: str
    text: str
    """All of it, for words that stand elsewhere."""


def refusal(
    status: int, text: str, headers: Mapping[str, str], request: ModelRequest
) -> ModelError:
    """Return what an HTTP error status means and what to do about it."""
    said = f"{addressee(request)} answered HTTP {status}"
    if 300 <= status < 400:
        where = clip(headers.get("location", "nowhere"))
        return ModelError(
            f"{said} and points to {where}; requests are never sent on, so write the URL "
            "where the server really is"
        )
    return _meaning(status, _read(text), said, headers)


def error_inside(
    answer: Any, headers: Mapping[str, str], request: ModelRequest
) -> ModelError | None:
    """Return what an error inside an answer of status 200 means, or None without one."""
    error = error_of(answer)
    if error is None:
        return None
    what = _read(json.dumps({"error": error}, default=str))
    status = _status_inside(error, what)
    said = f"{addressee(request)} answered with an error"
    if status is None:
        # Nobody has said that it passes, nor that it stays.
        message = f"{said}: {clip(what.message)}"
        return _call_fault(400, what, message) or UnusableError(message)
    meant = _meaning(status, what, f"{said} {status} inside HTTP 200", headers)
    # The model may have begun to answer before the error.
    if isinstance(meant, PassingError):
        meant.billable = True
    return meant


def addressee(request: ModelRequest) -> str:
    """Return whom a request was for, in words."""
    return f"{request.endpoint} (model {request.model!r})"


def clip(text: str) -> str:
    """Return a server's words on one line, cut, with whatever looks like a key masked."""
    return shorten(redact(" ".join(text.split())), SHOWN)


def _meaning(
    status: int, what: Refusal, said: str, headers: Mapping[str, str]
) -> ModelError:
    """Return the error of a status, wherever it was said. `said` begins its message."""
    message = f"{said}: {clip(what.message)}"
    about_call = _call_fault(status, what, message)
    if about_call is not None:
        return about_call
    kind = _passing_kind(status, what)
    if kind is None:
        return ModelError(message + _ADVICE.get(status, ""))
    return PassingError(
        message,
        kind,
        retry_after=retry_after(headers),
        # A server that ran out of time has worked on the request.
        billable=kind == "timeout",
    )


def _call_fault(status: int, what: Refusal, message: str) -> CallError | None:
    """Return the fault of this one request, or None where it is none."""
    if status not in _CALL_STATUSES:
        return None
    if _BAD_DRAW.search(what.text):
        return CallError(f"{message}; the model's own draw was at fault", billable=True)
    if _FILTERED.search(what.text):
        return CallError(f"{message}; a filter refuses what was said")
    if status == 413 or _TOO_LONG.search(what.text):
        return CallError(
            f"{message}; the prompt and model.max_tokens are too long for this model"
        )
    return None


def _passing_kind(status: int, what: Refusal) -> FaultKind | None:
    """Return which fault a status is, or None where it would come again."""
    if status == 429:
        return None if _is_quota_used_up(what) else "rate"
    if status in (408, 504):
        return "timeout"
    if status in (503, 529):
        return "busy"
    # Another request is in the way (409), or it came too early (425).
    return "server" if status >= 500 or status in (409, 425) else None


def _is_quota_used_up(what: Refusal) -> bool:
    """Return whether a 429 means an exhausted quota rather than too many calls at once."""
    if what.codes:
        return not _QUOTA_CODES.isdisjoint(what.codes)
    # Some servers answer no JSON at all.
    return any(word in what.text for word in _QUOTA_CODES)


def _read(text: str) -> Refusal:
    """Return what a body says, whatever its form."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return Refusal(frozenset(), text or "(nothing)", text)
    error = error_of(body)
    if error is None:
        error = body
    if not isinstance(error, Mapping):
        return Refusal(frozenset(), str(error), text)
    codes = [error.get(name) for name in ("code", "type", "status")]
    words = frozenset(code for code in codes if isinstance(code, str))
    message = error.get("message") or error.get("detail") or text
    return Refusal(words, str(message), text)


def _status_inside(error: Any, what: Refusal) -> int | None:
    """Return the HTTP status that an error inside an answer stands for."""
    if isinstance(error, Mapping):
        for name in ("code", "status", "status_code"):
            status = error.get(name)
            if isinstance(status, str) and status.isdecimal():
                status = int(status)
            if isinstance(status, int) and 400 <= status <= 599:
                return status
    for code in sorted(what.codes):
        if code in _STATUS_OF_CODE:
            return _STATUS_OF_CODE[code]
    return None
