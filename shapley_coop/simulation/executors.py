"""How the episodes of a run are scheduled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol


class Executor(Protocol):
    """Runs independent tasks, here or on other machines."""

    async def __call__(
        self, tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]
    ) -> None:
        """Run all tasks. The first failure cancels the rest and is raised."""
        ...


def in_process(concurrency: int) -> Executor:
    """Return the executor that runs tasks on this event loop, at most `concurrency` at once."""

    async def execute(tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        # All workers draw from one iterator, so no task is done twice and none waits for a turn.
        waiting = iter(list(tasks))

        async def worker() -> None:
            for task in waiting:
                await task()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(worker())
        except BaseExceptionGroup as failures:
            raise _first(failures) from failures

    return execute


def _first(failures: BaseException) -> BaseException:
    """Return the first failure of a group, which is what a caller can act on."""
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures
