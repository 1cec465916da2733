"""Which episode is played next, by whom, where who plays it may vanish."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable

MOST_AHEAD = 2000
"""Episodes that may be handed out beyond the lowest open one. Those that end early wait in memory,
so that an episode which takes long holds up the others before it costs more than that."""


class EpisodeSchedule:
    """The episodes of a run that are still to be played, the lowest first.

    Args:
        indices: their numbers.
        most_ahead: how far one that is handed out may be beyond the lowest that is not over.
    """

    def __init__(self, indices: Iterable[int], *, most_ahead: int = MOST_AHEAD) -> None:
        self._waiting = list(indices)
        heapq.heapify(self._waiting)
        self._open: set[int] = set()
        self._most_ahead = most_ahead
        self._change = asyncio.Event()

    @property
    def rest(self) -> int:
        """How many episodes are not over."""
        return len(self._waiting) + len(self._open)

    async def take(self) -> int | None:
        """Return the next episode to play, or None once all are over.

        It waits where all are handed out, since one whose player vanishes comes back.
        """
        while self.rest:
            index = self.take_now()
            if index is not None:
                return index
            self._change.clear()
            await self._change.wait()
        return None

    async def over(self) -> None:
        """Wait until all episodes are over."""
        while self.rest:
            self._change.clear()
            await self._change.wait()

    def take_now(self) -> int | None:
        """Return the next episode to play, or None if none may be handed out now."""
        if not self._waiting:
            return None
        lowest = min(self._open, default=self._waiting[0])
        if self._waiting[0] > lowest + self._most_ahead:
            return None
        index = heapq.heappop(self._waiting)
        self._open.add(index)
        return index

    def end(self, index: int) -> None:
        """Note that an episode is over."""
        self._open.remove(index)
        self._change.set()

    def give_back(self, index: int) -> None:
        """Note that an episode has to be played by somebody else."""
        self._open.remove(index)
        heapq.heappush(self._waiting, index)
        self._change.set()
