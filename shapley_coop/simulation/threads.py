"""An event loop in a thread of its own, for callers that may stand on a running loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop in a thread of its own, and return its result.

    An interrupt while waiting cancels the coroutine and lets it write what it must.

    Raises:
        BaseException: whatever the coroutine raises.
    """
    result: Future[T] = Future()
    running: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[T]]] = Future()

    async def begin() -> T:
        task = asyncio.ensure_future(coroutine)
        running.set_result((asyncio.get_running_loop(), task))
        return await task

    def work() -> None:
        # The thread that waits has to hear of every ending, or it would wait for ever.
        try:
            result.set_result(asyncio.run(begin()))
        except BaseException as error:  # noqa: BLE001 - handed on, not swallowed
            result.set_exception(error)

    # A daemon thread, so that a notebook's kernel can end while a run hangs on a model.
    thread = Thread(target=work, name="shapley-coop", daemon=True)
    thread.start()
    try:
        return result.result()
    except KeyboardInterrupt:
        # A run writes its status on the way out, so its end is waited for.
        loop, task = running.result()
        if not result.done():
            loop.call_soon_threadsafe(task.cancel)
        thread.join()
        raise
