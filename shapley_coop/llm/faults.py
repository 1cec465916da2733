"""What goes wrong with one call: which faults pass, how long to wait, what a call may cost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Literal

import numpy as np

from shapley_coop.errors import ModelError

FaultKind = Literal["rate", "busy", "server", "timeout", "connection"]


class SendError(ModelError):
    """A request was sent, or was to be, and no answer came of it."""

    retry_after: float | None = None
    """Seconds that the server asked for. None means that it asked for none."""
    asks_for_fewer_calls = False
    """Whether fewer calls at once would help."""

    def __init__(self, message: str, *, billable: bool = False) -> None:
        super().__init__(message, fatal=False)
        self.billable = billable
        """Whether the server may have worked on the request and may bill it."""


class PassingError(SendError):
    """A fault that may be gone in a moment: 429, 5xx, time out, connection."""

    def __init__(
        self,
        message: str,
        kind: FaultKind,
        *,
        retry_after: float | None = None,
        billable: bool = False,
    ) -> None:
        super().__init__(message, billable=billable)
        self.kind = kind
        """Decides how often the request is sent again, and whether fewer calls would help."""
        self.retry_after = retry_after
        self.asks_for_fewer_calls = kind in ("rate", "busy", "timeout")

    def __reduce__(self) -> tuple[Any, ...]:
        """Say how to make the fault again, in another process too."""
        make = partial(type(self), retry_after=self.retry_after, billable=self.billable)
        return make, (str(self), self.kind)


class UnusableError(SendError):
    """An answer that is none: no JSON, no completion, too large. It may have been billed."""

    def __init__(self, message: str) -> None:
        super().__init__(message, billable=True)


class CallError(SendError):
    """The server refuses this one request for what it says. It may answer others."""


class ChangedError(ModelError):
    """The server refused the form of a request, which the backend has changed since."""

    def __init__(self, message: str) -> None:
        super().__init__(message, fatal=False)


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often, and after how many seconds, an endpoint that fails is tried again."""

    first_wait: float
    """Seconds before the second attempt, about. Each further wait is twice as long."""
    longest_wait: float = 30.0
    """Most seconds between two attempts where the server asks for no more."""
    longest_retry_after: float = 600.0
    """Most seconds that a server's Retry-After is obeyed. Above, the run ends and says so."""
    attempts: int = 4
    """Most times that one request is sent while its endpoint fails."""
    rate_attempts: int = 12
    """Most times that one request is sent while its endpoint asks for patience (429)."""
    down_after: int = 3
    """Calls given up in a row after all their repeats, with no answer between, after which an
    endpoint counts as down. So many cannot be the fault of what was asked."""
    useless_after: int = 16
    """Calls in a row that came to no usable answer for whatever reason, after which it is useless.
    An endpoint that never answered has no such grace."""

    def ends_with(self, fault: SendError, attempt: int, *, has_answered: bool) -> bool:
        """Return whether a request is given up after this fault of its k-th attempt.

        Args:
            fault: what came of the attempt.
            attempt: how many attempts were made.
            has_answered: whether the endpoint ever gave an answer.
        """
        most = self.attempts
        if isinstance(fault, CallError):
            most = 1
        elif isinstance(fault, PassingError):
            most = self.rate_attempts if fault.kind == "rate" else most
        elif has_answered:
            # Nobody would know otherwise whether somebody is there who can answer at all.
            most = 1
        return attempt >= most

    def is_too_long(self, fault: SendError) -> bool:
        """Return whether the server asks for a longer wait than a run should sit out."""
        return (fault.retry_after or 0.0) > self.longest_retry_after

    def wait(
        self,
        attempt: int,
        retry_after: float | None,
        rng: np.random.Generator,
        usual: float | None = None,
    ) -> float:
        """Return the seconds until the next attempt.

        Args:
            attempt: how many attempts were made.
            retry_after: seconds that the server asked for, or None.
            rng: draws the jitter, so that callers do not come back together.
            usual: seconds that the endpoint usually takes. A quick one is tried again sooner.
        """
        # Each wait is twice as long as the one before, up to a bound.
        first = self.first_wait
        if usual is not None:
            first = min(first, max(0.05, usual))
        backoff = min(self.longest_wait, first * 2.0 ** (attempt - 1))
        jittered = backoff * float(rng.uniform(0.5, 1.5))
        if retry_after is None:
            return jittered
        # Never sooner than the server asked for, and not much later either.
        return retry_after + min(jittered, 0.25 * retry_after + 0.05)


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date.

    `now` is the present time in seconds since 1970. None means the clock's.
    """
    milliseconds = _not_negative(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    # The header's usual form is seconds, and HTTP also allows a date.
    text = headers.get("retry-after")
    seconds = _not_negative(text)
    if seconds is not None or not text:
        return seconds
    try:
        until = parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
    present = time.time() if now is None else now
    return max(0.0, until - present)


def _not_negative(text: str | None) -> float | None:
    """Return a finite number of seconds, at least 0, or None where a text is none."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return max(0.0, value) if value < float("inf") else None
