"""How the episodes of a run are scheduled, and when there is no time for more of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.errors import LimitReached
from shapley_coop.interfaces.waiting import run_together
from shapley_coop.runs.store import RunWriter


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


@asynccontextmanager
async def deadline(
    config: Config, writer: RunWriter, mode: CassetteMode
) -> AsyncIterator[None]:
    """Raise LimitReached when the run's wall time, over all its sessions, is used up."""
    seconds = config.limits.seconds
    # Wall time counts over all sessions of a run. A replay waits for nobody.
    left = None
    if seconds is not None and mode != "replay":
        left = max(0.0, seconds - writer.folder.manifest.seconds)
    try:
        async with asyncio.timeout(left):
            yield
    except TimeoutError:
        raise LimitReached(
            f"limits.seconds = {seconds:g} is reached; raise it and resume the run",
            field="limits.seconds",
        ) from None
