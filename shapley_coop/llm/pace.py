"""How many calls an endpoint takes at once, found by asking: more while it answers, else fewer.

Additive increase, multiplicative decrease (Chiu and Jain, 1989), with a start that doubles and a
decrease to what was carried (Little, 1961).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

START = 16
"""Calls at once at first."""
GENTLE_CUT = 0.97
"""Factor of the limit at most. It falls by one call at least."""
HARD_CUT = 0.5
"""Factor of the limit at least, however few calls were answered."""
NEARLY = 0.85
"""Share of the limit from which on what was carried is as much as the limit, counted by chance."""
CAUTION = 4
"""Rounds of answers that one more call takes where calls were refused at that limit before."""
IN_USE = 0.8
"""Share of the limit that must be under way for an answer to raise the limit."""
SMOOTHING = 0.1
"""Weight of the newest answer in the usual time of answers."""


class Pace:
    """A limit on calls under way that follows what the endpoint takes.

    Args:
        start: the first limit.
        ceiling: the greatest limit. If it equals `start`, the limit can only fall and come back.
        clock: seconds, monotonic.
    """

    def __init__(
        self, start: int, ceiling: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.limit = float(max(1, min(start, ceiling)))
        """Calls at once that are allowed now. The fraction counts what growth adds up to."""
        self.ceiling = ceiling
        self.under_way = 0
        self.usual: float | None = None
        """Seconds that an answer takes, smoothed."""
        self._clock = clock
        self._queue: deque[asyncio.Future[None]] = deque()
        self._doubling = True
        # What happened since the limit was last cut, and when that was.
        self._last_cut = float("-inf")
        self._refused_at: float | None = None
        self._answers = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold one of the places. Callers are served in the order in which they came."""
        await self._enter()
        try:
            yield
        finally:
            self._leave()

    def note_answer(self, seconds: float) -> None:
        """Take note of an answer. The limit grows only while it is used."""
        if self.usual is None:
            self.usual = seconds
        else:
            self.usual += SMOOTHING * (seconds - self.usual)
        self._answers += 1
        if self.under_way >= IN_USE * int(self.limit):
            # A step of 1 for each answer doubles the limit with every round of answers, and a
            # step of 1/limit adds one place with every round.
            step = 1 if self._doubling else 1 / self.limit
            # Each try at the limit that was refused costs refusals, so there are fewer of them.
            if self._refused_at and abs(self.limit - self._refused_at) <= 1:
                step /= CAUTION
            self.limit = min(self.ceiling, self.limit + step)
            self._wake()

    def note_refusal(self) -> None:
        """Take note that the endpoint wants fewer. One answer's time sees at most one cut.

        By Little's law, the calls that the endpoint really carried are its answers a second times
        the seconds that one takes. The limit falls to that, between two bounds.
        """
        self._doubling = False
        now = self._clock()
        elapsed = now - self._last_cut
        usual = self.usual or 0.0
        # Calls that were sent before the last cut are refused for the old limit.
        if elapsed < usual:
            return
        lower = min(self.limit - 1, self.limit * GENTLE_CUT)
        # Before the first cut the calls grew in number, so their count says little.
        if self._refused_at is not None:
            carried = self._answers / elapsed * usual if elapsed else 0.0
            if carried < self.limit * NEARLY:
                lower = min(lower, max(carried, self.limit * HARD_CUT))
        self._refused_at = self.limit
        self.limit = max(1.0, lower)
        self._last_cut = now
        self._answers = 0

    async def _enter(self) -> None:
        if not self._queue and self.under_way < int(self.limit):
            self.under_way += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # The place may have been given in the same moment, and then it goes to the next.
            if turn.done() and not turn.cancelled():
                self._leave()
            raise

    def _leave(self) -> None:
        self.under_way -= 1
        self._wake()

    def _wake(self) -> None:
        while self._queue and self.under_way < int(self.limit):
            turn = self._queue.popleft()
            # A caller that was cancelled while it waited has left its turn behind.
            if not turn.done():
                self.under_way += 1
                turn.set_result(None)
