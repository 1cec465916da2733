"""How many calls an endpoint takes at once, found by asking: more while it answers, fewer when not.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), with a start that doubles.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

START = 8
GENTLE, HARD = 0.9, 0.5
CROWDED = 0.3
"""Share of calls refused since the last cut above which the cut is hard."""
SMOOTHING = 0.1


class Pace:
    """A limit on calls under way that follows what the endpoint takes.

    Args:
        start: the first limit.
        ceiling: the greatest limit; equal to `start` it is fixed from above.
        clock: seconds, monotonic.
    """

    def __init__(
        self, start: int, ceiling: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = float(max(1, min(start, ceiling)))
        self.ceiling = ceiling
        self.under_way = 0
        self.usual: float | None = None
        """Seconds that an answer takes, smoothed."""
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._doubling = True
        self._cut_at = float("-inf")
        self._answered = self._refused = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places; callers are served in the order they came."""
        await self._enter()
        try:
            yield
        finally:
            self.under_way -= 1
            self._wake()

    def answered(self, seconds: float) -> None:
        """Take note of an answer; the limit grows only while it is used."""
        self.usual = (
            seconds
            if self.usual is None
            else self.usual + SMOOTHING * (seconds - self.usual)
        )
        self._answered += 1
        if self.under_way >= 0.8 * int(self.limit):
            self.limit = min(
                self.ceiling, self.limit + (1 if self._doubling else 1 / self.limit)
            )
            self._wake()

    def refused(self) -> None:
        """Take note that the endpoint wants fewer; the limit is cut once in an answer's time."""
        self._doubling = False
        self._refused += 1
        now = self._clock()
        if now - self._cut_at < (self.usual or 0.0):
            return
        share = self._refused / (self._refused + self._answered)
        self.limit = max(1.0, self.limit * (HARD if share > CROWDED else GENTLE))
        self._cut_at = now
        self._answered = self._refused = 0

    async def _enter(self) -> None:
        if not self._waiting and self.under_way < int(self.limit):
            self.under_way += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if (
                turn.done() and not turn.cancelled()
            ):  # the place was given in the same moment
                self.under_way -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        while self._waiting and self.under_way < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)
