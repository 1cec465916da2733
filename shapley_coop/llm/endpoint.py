"""One endpoint of one run: its pace, its breaker, and how often a request is sent to it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import numpy as np

from shapley_coop.errors import ModelError
from shapley_coop.interfaces.model import Backend, ModelRequest, Reply, Target
from shapley_coop.llm.faults import (
    ChangedError,
    PassingError,
    Patience,
    UnusableError,
)
from shapley_coop.llm.pace import START, Pace


class Meter(Protocol):
    """Takes account of every time that a request is sent."""

    async def reserve(self, request: ModelRequest) -> None:
        """Set the worst case aside.

        Raises:
            LimitReached: a budget does not allow the request.
        """
        ...

    def settle(
        self, request: ModelRequest, reply: Reply | None, *, billable: bool = False
    ) -> None:
        """Replace what was set aside: by the reply, by nothing, or by the worst case.

        `billable` says that a request without a reply may be billed all the same.
        """
        ...


class Endpoint:
    """Sends requests to a backend until an answer comes or a fault is final.

    A fault that every later call would meet too opens the breaker: later calls fail unsent.

    Args:
        target: which model is asked.
        backend: how it is asked.
        limit: most calls at once.
        meter: takes account of every send.
        patience: how often a request is sent again, and when.
    """

    def __init__(
        self,
        target: Target,
        backend: Backend,
        *,
        limit: int,
        meter: Meter,
        patience: Patience,
    ) -> None:
        self.backend = backend
        start = min(START, limit) if target.remote else limit
        self.pace = Pace(start, limit)
        """How many calls are under way, and how many may be."""
        self._meter = meter
        self._patience = patience
        # Jitter decides when a request is sent again and never what is asked, so no run repeats
        # it: processes that share a seed must not come back at the same moment.
        self._jitter = np.random.default_rng()
        self._broken: ModelError | None = None
        self._answers_at_all = False
        self._failures_in_a_row = 0

    async def ask(self, request: ModelRequest) -> Reply:
        """Answer one request, sent again at 429, 5xx, time-outs and connection faults.

        Raises:
            ModelError: there is no answer. It is fatal if every other call would fail alike.
            LimitReached: a budget would be exceeded by sending it.
        """
        attempt = 0
        for sends in itertools.count(1):
            try:
                reply = await self._send(request)
            except ChangedError:
                # The next send has another form, so it is no repetition to be counted.
                continue
            except PassingError as fault:
                attempt += 1
                if self._patience.ends_with(fault, attempt):
                    raise self._final_error(fault, sends) from fault
                # How long an answer takes says when one of the places will be free again.
                usual = self.pace.usual if fault.kind == "rate" else None
                seconds = self._patience.wait(
                    attempt, fault.retry_after, self._jitter, usual
                )
                await asyncio.sleep(seconds)
            except UnusableError as fault:
                raise self._final_error(fault, sends) from fault
            else:
                return reply.model_copy(update={"attempts": sends})
        raise AssertionError("unreachable: the loop returns or raises")

    async def close(self) -> None:
        """Close the backend."""
        await self.backend.close()

    async def _send(self, request: ModelRequest) -> Reply:
        async with self.pace.place():
            if self._broken is not None:
                raise self._broken
            await self._meter.reserve(request)
            async with self._settling(request) as replies:
                reply = await self.backend.answer(request)
                replies.append(reply)
            self._answers_at_all = True
            self._failures_in_a_row = 0
            self.pace.note_answer(reply.seconds)
            return reply

    @asynccontextmanager
    async def _settling(self, request: ModelRequest) -> AsyncIterator[list[Reply]]:
        """Settle whatever comes of sending a request. The body appends the reply, if one comes."""
        replies: list[Reply] = []
        # A call that was cut off by whatever else is raised may have been billed.
        billable = True
        try:
            yield replies
        except PassingError as fault:
            billable = fault.billable
            self._answers_at_all |= fault.kind != "connection"
            if fault.asks_for_fewer_calls:
                self.pace.note_refusal()
            raise
        except UnusableError:
            self._answers_at_all = True
            raise
        except ModelError as fault:
            billable = False
            if fault.fatal:
                self._broken = fault
            raise
        finally:
            reply = replies[0] if replies else None
            self._meter.settle(request, reply, billable=billable)

    def _final_error(self, fault: ModelError, sends: int) -> ModelError:
        """Return the error that a call ends with. Many in a row mean that the endpoint is down."""
        self._failures_in_a_row += 1
        times = "time" if sends == 1 else "times"
        text = f"{fault} (sent {sends} {times})"
        if not self._answers_at_all:
            self._broken = ModelError(text)
        elif self._failures_in_a_row >= self._patience.down_after:
            self._broken = ModelError(
                f"{text}; {self._failures_in_a_row} calls in a row came to nothing"
            )
        return self._broken or ModelError(text, fatal=False)
