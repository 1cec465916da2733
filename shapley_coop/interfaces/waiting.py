"""How coroutines are waited for: several at once, or one that never waits and needs no loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from shapley_coop.errors import ConfigError, ShapleyCoopError

T = TypeVar("T")


def run_without_waiting(coroutine: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine that never waits.

    Agents and worth kinds are asynchronous, since some of them ask a model. Those that only
    compute can also be used inside ordinary functions, and inside a loop that is running.

    Raises:
        ConfigError: it waits for something.
    """
    # A coroutine that is sent None runs to its first wait, or to its end.
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    # Whoever waits may be told of the end as of a failure, and there is nobody to hear of it.
    with suppress(ShapleyCoopError):
        coroutine.close()
    raise ConfigError("an agent that waits for a model cannot be used here")


async def run_together(*awaitables: Awaitable[T]) -> list[T]:
    """Wait for several things at once, and return their results in order.

    The first failure gives up all others, so that nobody goes on asking a model for what has
    ended, and is raised.
    """
    # Often one seat alone is asked, and a task of its own would only cost time.
    if len(awaitables) <= 1:
        return [await awaitable for awaitable in awaitables]

    async def wait(awaitable: Awaitable[T]) -> T:
        return await awaitable

    # No TaskGroup: before Python 3.13 one in which a task fails leaves this task marked as
    # cancelled, and all that it does later would look as if the user had stopped it.
    tasks = [asyncio.ensure_future(wait(one)) for one in awaitables]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    # What was given up may fail as well, so what ended before comes first.
    for task in sorted(tasks, key=lambda task: task not in ended):
        if not task.cancelled():
            task.result()
    return [task.result() for task in tasks]
