"""One endpoint of one run: its pace, its breaker, and how often a request is sent to it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import numpy as np

from shapley_coop.errors import (
    BackendError,
    Blame,
    LimitReached,
    ModelError,
    cause_text,
    value_text,
)
from shapley_coop.interfaces.model import Backend, ModelRequest, Reply, Target
from shapley_coop.interfaces.plugins import place_of
from shapley_coop.llm.faults import (
    CallError,
    ChangedError,
    PassingError,
    Patience,
    SendError,
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
        self._place_of_backend = place_of(backend)
        start = min(START, limit) if target.remote else limit
        self.pace = Pace(start, limit)
        """How many calls are under way, and how many may be."""
        self._meter = meter
        self._patience = patience
        # Jitter decides when a request is sent again and never what is asked, so no run repeats
        # it: processes that share a seed must not come back at the same moment.
        self._jitter = np.random.default_rng()
        self._broken: ModelError | LimitReached | None = None
        self._has_answered = False
        # Calls since the last answer: those given up after all repeats, and all.
        self._given_up_in_a_row = 0
        self._useless_in_a_row = 0

    async def ask(self, request: ModelRequest) -> Reply:
        """Answer one request, sent again at 429, 5xx, time-outs and connection faults.

        Raises:
            ModelError: there is no answer. It is fatal if every other call would fail alike.
            LimitReached: a budget would be exceeded by sending it, or the server asks for a wait
                that no run should sit out.
        """
        attempt = 0
        for sends in itertools.count(1):
            try:
                reply = await self._send(request)
            except ChangedError:
                # The next send has another form, so it is no repetition to be counted.
                continue
            except SendError as fault:
                attempt += 1
                if self._patience.is_too_long(fault):
                    raise self._stop_for(fault) from fault
                if self._patience.ends_with(
                    fault, attempt, has_answered=self._has_answered
                ):
                    raise self._final_error(fault, sends) from fault
                await self._wait(fault, attempt)
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
                reply = await self._ask_backend(request)
                replies.append(reply)
            self._has_answered = True
            self._given_up_in_a_row = 0
            self._useless_in_a_row = 0
            self.pace.note_answer(reply.seconds)
            return reply

    async def _ask_backend(self, request: ModelRequest) -> Reply:
        """Return the reply of the backend.

        Raises:
            BackendError: it raised something that is no error of this project, or no reply came.
            ModelError: as the backend says.
        """
        what = f"model {request.model!r}: {self._place_of_backend}.answer"
        with Blame(lambda error: BackendError(f"{what} failed: {cause_text(error)}")):
            reply = await self.backend.answer(request)
        if not isinstance(reply, Reply):
            raise BackendError(
                f"{what} returned {value_text(reply)}; it returns a Reply"
            )
        return reply

    @asynccontextmanager
    async def _settling(self, request: ModelRequest) -> AsyncIterator[list[Reply]]:
        """Settle whatever comes of sending a request. The body appends the reply, if one comes."""
        replies: list[Reply] = []
        # A call that was cut off by whatever else is raised may have been billed.
        billable = True
        try:
            yield replies
        except SendError as fault:
            billable = fault.billable
            if fault.asks_for_fewer_calls:
                self.pace.note_refusal()
            raise
        except ModelError as fault:
            billable = False
            if fault.fatal:
                self._broken = fault
            raise
        finally:
            reply = replies[0] if replies else None
            self._meter.settle(request, reply, billable=billable)

    async def _wait(self, fault: SendError, attempt: int) -> None:
        """Wait before a request is sent again."""
        # How long an answer takes says when one of the places will be free again.
        is_rate = isinstance(fault, PassingError) and fault.kind == "rate"
        usual = self.pace.usual if is_rate else None
        seconds = self._patience.wait(attempt, fault.retry_after, self._jitter, usual)
        await asyncio.sleep(seconds)

    def _stop_for(self, fault: SendError) -> LimitReached:
        """Return the end of a run whose server asks for a longer wait than is sat out."""
        wait = _duration(fault.retry_after or 0.0)
        longest = _duration(self._patience.longest_retry_after)
        self._broken = LimitReached(
            f"{fault}; it asks to come back in {wait}, and at most {longest} are waited; "
            "resume the run then"
        )
        return self._broken

    def _final_error(self, fault: SendError, sends: int) -> ModelError | LimitReached:
        """Return the error that a call ends with.

        An endpoint that never answered, or gave up on several calls in a row, is down. Later
        calls would cost seats their turns for what is no fault of theirs.
        """
        self._useless_in_a_row += 1
        self._given_up_in_a_row += isinstance(fault, PassingError)
        times = "time" if sends == 1 else "times"
        text = f"{fault} (sent {sends} {times})"
        if self._is_down(fault):
            calls = self._useless_in_a_row
            in_a_row = f"; {calls} calls in a row came to nothing" if calls > 1 else ""
            self._broken = self._broken or ModelError(f"{text}{in_a_row}")
        return self._broken or ModelError(text, fatal=False)

    def _is_down(self, fault: SendError) -> bool:
        if not self._has_answered:
            # One refused prompt says nothing about the others.
            is_about_call = isinstance(fault, CallError)
            return (
                not is_about_call or self._useless_in_a_row >= self._patience.down_after
            )
        given_up = self._given_up_in_a_row >= self._patience.down_after
        return given_up or self._useless_in_a_row >= self._patience.useless_after


def _duration(seconds: float) -> str:
    """Return a time in the unit in which people say it."""
    if seconds < 120:
        return f"{seconds:.0f} seconds"
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
