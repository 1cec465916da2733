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
from shapley_coop.llm import faults
from shapley_coop.llm.faults import ChangedError, PassingError, UnusableError
from shapley_coop.llm.pace import START, Pace


class Meter(Protocol):
    """Takes account of every time that a request is sent."""

    async def reserve(self, request: ModelRequest) -> None:
        """Set the worst case aside, or raise LimitReached."""
        ...

    def settle(
        self, request: ModelRequest, reply: Reply | None, *, charged: bool = False
    ) -> None:
        """Replace what was set aside: by the reply, or by nothing, or by the worst case."""
        ...


class Free:
    """A meter that limits nothing."""

    async def reserve(self, request: ModelRequest) -> None:
        """Set nothing aside."""

    def settle(
        self, request: ModelRequest, reply: Reply | None, *, charged: bool = False
    ) -> None:
        """Settle nothing."""


class Endpoint:
    """Sends requests to a backend until an answer comes or a fault is final.

    A fault that every later call would meet too opens the breaker: later calls fail unsent.
    """

    def __init__(
        self, target: Target, backend: Backend, *, limit: int, meter: Meter
    ) -> None:
        self.backend = backend
        self.pace = Pace(min(START, limit) if target.remote else limit, limit)
        self.sent = 0
        """Times that a request was sent."""
        self._target = target
        self._meter = meter
        self._jitter = np.random.default_rng()
        self._broken: ModelError | None = None
        self._heard = False
        self._given_up = 0

    async def ask(self, request: ModelRequest) -> Reply:
        """Answer one request; 429, 5xx, time-outs and connection faults are tried again.

        Raises:
            ModelError: fatal, if every other call would fail alike; else of this call alone.
            LimitReached: a budget would be exceeded by sending it.
        """
        tries = 0
        for sent in itertools.count(1):
            try:
                reply = await self._once(request)
            except ChangedError:
                continue
            except PassingError as fault:
                tries += 1
                asked_to_wait = (fault.retry_after or 0.0) > faults.LONGEST_ASKED
                if tries >= faults.most_attempts(fault) or asked_to_wait:
                    raise self._final(fault, sent) from fault
                usual = self.pace.usual if fault.kind == "rate" else None
                await asyncio.sleep(
                    faults.wait(tries, fault.retry_after, self._jitter, usual)
                )
            except UnusableError as fault:
                raise self._final(fault, sent) from fault
            else:
                return reply.model_copy(update={"attempts": sent})
        raise AssertionError("unreachable: the loop returns or raises")

    async def close(self) -> None:
        """Close the backend."""
        await self.backend.close()

    async def _once(self, request: ModelRequest) -> Reply:
        async with self.pace.place():
            if self._broken is not None:
                raise self._broken
            await self._meter.reserve(request)
            async with self._settled(request) as answered:
                self.sent += 1
                reply = await self.backend.answer(request)
                answered.append(reply)
            self._heard, self._given_up = True, 0
            self.pace.answered(reply.seconds)
            return reply

    @asynccontextmanager
    async def _settled(self, request: ModelRequest) -> AsyncIterator[list[Reply]]:
        """Settle whatever comes of sending a request; what was cut off may have been billed."""
        answered: list[Reply] = []
        charged = True
        try:
            yield answered
        except PassingError as fault:
            charged = fault.charged
            self._heard |= fault.kind != "connection"
            if fault.crowded:
                self.pace.refused()
            raise
        except UnusableError:
            self._heard = True
            raise
        except ModelError as fault:
            charged = False
            if fault.fatal:
                self._broken = fault
            raise
        finally:
            self._meter.settle(
                request, answered[0] if answered else None, charged=charged
            )

    def _final(self, fault: ModelError, sent: int) -> ModelError:
        """Return the fault that a call ends with; many in a row mean that the endpoint is down."""
        self._given_up += 1
        text = f"{fault} (sent {sent} {'time' if sent == 1 else 'times'})"
        if not self._heard:
            self._broken = ModelError(text)
        elif self._given_up >= faults.DOWN_AFTER:
            self._broken = ModelError(
                f"{text}; {self._given_up} calls in a row came to nothing"
            )
        return self._broken or ModelError(text, fatal=False)
