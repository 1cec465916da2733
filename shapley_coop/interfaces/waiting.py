"""How coroutines are waited for: several at once, or one that never waits and needs no loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Collection, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from shapley_coop.errors import ConfigError, EpisodeError, ShapleyCoopError

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

    # No TaskGroup: before Python 3.13 one in which a task fails leaves this task marked as
    # cancelled, and all that it does later would look as if the user had stopped it.
    tasks = [asyncio.ensure_future(_wait(awaitable)) for awaitable in awaitables]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        await _give_up(tasks)
    # What was given up may fail as well, so what ended before comes first.
    for task in sorted(tasks, key=lambda task: task not in ended):
        if not task.cancelled():
            task.result()
    return [task.result() for task in tasks]


async def run_together_in_order(*awaitables: Awaitable[T]) -> list[T]:
    """Wait for several things at once that a run records, and return their results in order.

    What breaks an episode is recorded in it, and that must not hang on who was faster. So of
    several such failures the first in order is raised, as if one thing had been done after the
    other, and only what comes after it is given up at once. A failure that ends the run gives up
    all.
    """
    if len(awaitables) <= 1:
        return [await awaitable for awaitable in awaitables]
    tasks = [asyncio.ensure_future(_wait(awaitable)) for awaitable in awaitables]
    wanted = len(tasks)
    ending: list[BaseException] = []

    def give_up_others(place: int, task: asyncio.Future[T]) -> None:
        nonlocal wanted
        failure = None if task.cancelled() else task.exception()
        if failure is None or place >= wanted:
            return
        first = place + 1
        if not isinstance(failure, EpisodeError):
            ending.append(failure)
            first = 0
        for other in tasks[first:wanted]:
            other.cancel()
        wanted = first

    for place, task in enumerate(tasks):
        task.add_done_callback(partial(give_up_others, place))
    try:
        for task in tasks:
            # Not awaited itself, since what ignores that it is given up would keep this from it.
            if not task.done():
                await asyncio.wait([task])
            if ending:
                raise ending[0]
            task.result()
    finally:
        await _give_up(tasks)
    return [task.result() for task in tasks]


async def _wait(awaitable: Awaitable[T]) -> T:
    return await awaitable


async def _give_up(tasks: Collection[asyncio.Future[T]]) -> None:
    """Cancel what is still under way, and wait until it has ended."""
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
