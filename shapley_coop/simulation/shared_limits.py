"""What several runs may spend together while they are played at once: money, calls and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from shapley_coop.errors import LimitReached
from shapley_coop.llm.money.budget import Purse


class SharedTime:
    """The wall time of several runs, added up over them.

    Args:
        limit: the seconds that they may take together. None means no limit.
        used: the seconds that were used before.
    """

    def __init__(self, limit: float | None, used: float = 0.0) -> None:
        self._limit = limit
        self._used = used
        self._since = 0.0
        self._clocks: set[asyncio.Timeout] = set()

    @property
    def total(self) -> float:
        """The seconds that were used so far."""
        if not self._clocks:
            return self._used
        elapsed = asyncio.get_running_loop().time() - self._since
        return self._used + elapsed * len(self._clocks)

    @asynccontextmanager
    async def bound(self) -> AsyncIterator[None]:
        """Count the time of what is done meanwhile, and end it when all time is used up.

        Raises:
            LimitReached: it is.
        """
        clock = asyncio.timeout(None)
        try:
            async with clock:
                self._change(enter=clock)
                try:
                    yield
                finally:
                    self._change(leave=clock)
        except TimeoutError:
            # What a run waits for may run out of a time of its own, which is no limit.
            if not clock.expired():
                raise
            raise LimitReached(
                f"limits.seconds = {self._limit:g} of all runs together is reached; raise it",
                field="limits.seconds",
            ) from None

    def _change(
        self,
        *,
        enter: asyncio.Timeout | None = None,
        leave: asyncio.Timeout | None = None,
    ) -> None:
        """Note who runs from now on. The more there are, the sooner the time is over for all."""
        now = asyncio.get_running_loop().time()
        self._used, self._since = self.total, now
        if leave is not None:
            self._clocks.discard(leave)
        if enter is not None:
            self._clocks.add(enter)
        if self._limit is None:
            return
        # Who is ending already can no more be given another time.
        for clock in self._clocks:
            left = max(0.0, self._limit - self._used)
            if not clock.expired():
                clock.reschedule(now + left / len(self._clocks))


class SharedLimits(NamedTuple):
    """The limits that several runs share."""

    purse: Purse
    """What their models may cost."""
    time: SharedTime
    """How long they may take."""
