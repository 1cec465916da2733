"""What goes wrong with one call: which faults pass, how long to wait, what the call may cost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Literal

import numpy as np

from shapley_coop.errors import ModelError

ATTEMPTS = 4
"""Most times that one request is sent while its endpoint fails."""
BUSY_ATTEMPTS = 12
"""Most times that one request is sent while its endpoint asks for patience (429)."""
FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
LONGEST_ASKED = 600.0
"""Most seconds that a server's Retry-After is obeyed; above, the call fails and says so."""
DOWN_AFTER = 16
"""Calls given up in a row, with no answer between them, after which an endpoint counts as down."""

Kind = Literal["rate", "busy", "server", "timeout", "connection"]


class PassingError(ModelError):
    """A fault that may be gone in a moment: 429, 5xx, time out, connection.

    `charged` says that the server may have worked on the request and may bill it.
    """

    def __init__(
        self,
        message: str,
        kind: Kind,
        *,
        retry_after: float | None = None,
        charged: bool = False,
    ) -> None:
        super().__init__(message, fatal=False)
        self.kind = kind
        self.retry_after = retry_after
        self.charged = charged

    @property
    def crowded(self) -> bool:
        """Whether fewer calls at once would help."""
        return self.kind in ("rate", "busy", "timeout")


class UnusableError(ModelError):
    """An answer that is none: no JSON, no completion, too large. It may have been billed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, fatal=False)


class ChangedError(ModelError):
    """The server refused the form of a request; the backend has changed it and can send again."""

    def __init__(self, message: str) -> None:
        super().__init__(message, fatal=False)


def most_attempts(fault: PassingError) -> int:
    """Return how often a request is sent before a fault of this kind is final."""
    return BUSY_ATTEMPTS if fault.kind == "rate" else ATTEMPTS


def wait(
    attempt: int,
    retry_after: float | None,
    rng: np.random.Generator,
    usual: float | None = None,
) -> float:
    """Return seconds to wait after an attempt: jittered, at least what the server asked for.

    Args:
        attempt: how many were made.
        retry_after: what the server asked for.
        rng: jitter, so that callers do not come back together.
        usual: seconds that the endpoint usually takes; a quick one is tried again sooner.
    """
    first = FIRST_WAIT if usual is None else min(FIRST_WAIT, max(0.05, usual))
    backoff = min(LONGEST_WAIT, first * 2.0 ** (attempt - 1))
    jittered = backoff * float(rng.uniform(0.5, 1.5))
    if retry_after is None:
        return jittered
    return retry_after + min(jittered, 0.25 * retry_after + 0.05)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = headers.get("retry-after")
    seconds = _number(said)
    if seconds is not None or not said:
        return seconds
    try:
        until = parsedate_to_datetime(said).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    return max(0.0, until - (time.time() if now is None else now))


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if value < float("inf") else None
