"""What is done next, an episode or a part of one, where whoever does it may vanish."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable

MOST_AHEAD = 2000
"""Episodes that may be handed out beyond the lowest open one. Those that end early wait in memory,
so that an episode which takes long holds up the others before it costs more than that."""


class ErrandSchedule:
    """What is still to be done by number, the lowest first.

    Args:
        indices: the numbers that are known.
        most_ahead: how far one that is handed out may be beyond the lowest that is not over. None
            means any distance.
        grows: whether more numbers may come, until it is closed.
    """

    def __init__(
        self,
        indices: Iterable[int] = (),
        *,
        most_ahead: int | None = MOST_AHEAD,
        grows: bool = False,
    ) -> None:
        self._waiting = list(indices)
        heapq.heapify(self._waiting)
        self._open: set[int] = set()
        self._most_ahead = most_ahead
        self._grows = grows
        self._change = asyncio.Event()

    @property
    def waiting(self) -> int:
        """How many are handed out to nobody."""
        return len(self._waiting)

    @property
    def is_over(self) -> bool:
        """Whether nothing is left to do and nothing more will come."""
        return not (self._waiting or self._open or self._grows)

    def add(self, index: int) -> None:
        """Add a number to a schedule that grows."""
        heapq.heappush(self._waiting, index)
        self._change.set()

    def close(self) -> None:
        """Note that no number will be added any more."""
        self._grows = False
        self._change.set()

    async def take(self) -> int | None:
        """Return the next number, or None once all are over.

        It waits where all are handed out, since one whose player vanishes comes back.
        """
        while not self.is_over:
            index = self.take_now()
            if index is not None:
                return index
            self._change.clear()
            await self._change.wait()
        return None

    async def over(self) -> None:
        """Wait until all are over."""
        while not self.is_over:
            self._change.clear()
            await self._change.wait()

    def take_now(self) -> int | None:
        """Return the next number, or None if none may be handed out now."""
        if not self._waiting:
            return None
        if self._most_ahead is not None:
            lowest = min(self._open, default=self._waiting[0])
            if self._waiting[0] > lowest + self._most_ahead:
                return None
        index = heapq.heappop(self._waiting)
        self._open.add(index)
        return index

    def end(self, index: int) -> None:
        """Note that one is over."""
        self._open.remove(index)
        self._change.set()

    def give_back(self, index: int) -> None:
        """Note that one has to be done by somebody else."""
        self._open.remove(index)
        heapq.heappush(self._waiting, index)
        self._change.set()
