"""An event loop in a thread of its own, for callers that may stand on a running loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop in a thread of its own, and return its result.

    An interrupt while waiting cancels the coroutine, which may still write what it must.

    Raises:
        BaseException: whatever the coroutine raises.
    """
    loop = asyncio.new_event_loop()
    # A daemon thread, so that a notebook's kernel can end while a run hangs on a model.
    thread = Thread(target=loop.run_forever, name="shapley-coop", daemon=True)
    thread.start()
    future = asyncio.run_coroutine_threadsafe(coroutine, loop)
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
    finally:
        # Cancelled tasks end first: a run writes its status on the way out.
        asyncio.run_coroutine_threadsafe(_drain(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _drain() -> None:
    """Wait for all other tasks of this loop and for what they left to its helpers."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.gather(*others, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    await loop.shutdown_default_executor()
