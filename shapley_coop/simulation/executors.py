"""How the episodes of a run are scheduled."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Protocol

from shapley_coop.interfaces.waiting import run_together


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

        await run_together(*(worker() for _ in range(concurrency)))

    return execute
