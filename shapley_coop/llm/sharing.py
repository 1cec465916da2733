"""Calls under way, so that equal questions asked at the same time are sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from shapley_coop.interfaces.model import Reply


class SharedCalls:
    """Calls by the keys of their requests, each from its start until it ends."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[Reply]] = {}

    async def ask(
        self, name: str, call: Callable[[], Coroutine[Any, Any, Reply]]
    ) -> Reply:
        """Wait for the call of this name, which is made unless it is under way.

        A caller that is cancelled leaves the call running, as its answer is paid for.
        """
        task = self._tasks.get(name)
        if task is not None:
            reply = await asyncio.shield(task)
            return reply.model_copy(update={"source": "cache"})
        task = asyncio.create_task(call())
        self._tasks[name] = task
        task.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(task)

    async def drain(self, seconds: float) -> None:
        """Give what is under way this long to end, then stop it."""
        tasks = list(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, name: str, task: asyncio.Task[Reply]) -> None:
        del self._tasks[name]
        # asyncio complains of an error that nobody looked at, though nobody may wait any more.
        if not task.cancelled():
            task.exception()
