"""How long a model in this process may be silent: slow is no fault, and stuck is one."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self


class Liveness:
    """Ends what waits for a thread once no sign of life came for a while.

    A machine that is slow or busy takes minutes for an answer, and so does a long one. So what
    counts is the time since the last sign, and not that of the whole call. Before the first
    sign the call waits for its turn behind others, whose signs are watched.

    It is an asynchronous context, made inside the loop whose task waits.

    Args:
        seconds: the longest silence.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._clock = asyncio.timeout(None)
        self._over = threading.Event()

    async def __aenter__(self) -> Self:
        await self._clock.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A thread cannot be cancelled, so the one that answers looks at this event.
        self._over.set()
        await self._clock.__aexit__(kind, failure, trace)

    @property
    def is_over(self) -> bool:
        """Whether nobody waits any more."""
        return self._over.is_set()

    def sign(self) -> None:
        """Note from any thread that the call goes on."""
        if not self.is_over:
            self._loop.call_soon_threadsafe(self._extend)

    def _extend(self) -> None:
        # Meanwhile the wait may have ended, or be about to.
        if not (self.is_over or self._clock.expired()):
            self._clock.reschedule(self._loop.time() + self._seconds)
