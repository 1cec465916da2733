"""How the episodes of a run are scheduled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol


class Executor(Protocol):
    """Runs independent tasks; the way to other machines."""

    async def __call__(
        self, tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]
    ) -> None:
        """Run all tasks; the first failure cancels the rest and is raised."""
        ...


def in_process(concurrency: int) -> Executor:
    """Return the executor that runs tasks on this event loop, at most `concurrency` at once."""

    async def execute(tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
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
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures
