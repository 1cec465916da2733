"""How coroutines are waited for: several at once, or one that never waits and needs no loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from shapley_coop.errors import ConfigError

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
    coroutine.close()
    raise ConfigError("an agent that waits for a model cannot be used here")


async def run_together(*awaitables: Awaitable[T]) -> list[T]:
    """Wait for several things at once, and return their results in order.

    The first failure gives up all others, so that nobody goes on asking a model for what has
    ended, and is raised.
    """
    # Often one seat alone is asked, and a task of its own would only cost time.
    if len(awaitables) == 1:
        return [await awaitables[0]]

    async def wait(awaitable: Awaitable[T]) -> T:
        return await awaitable

    failure: BaseException
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(wait(one)) for one in awaitables]
    except BaseExceptionGroup as failures:
        failure = failures
    else:
        return [task.result() for task in tasks]
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    # Raised out here, so that it keeps the cause that it was given.
    raise failure
