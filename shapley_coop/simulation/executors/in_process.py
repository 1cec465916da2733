"""Episodes in this process, on one event loop: what a run does unless it is told otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.interfaces.waiting import run_together
from shapley_coop.simulation.executors.port import Desk
from shapley_coop.simulation.measurement.scene import CoalitionPlayer
from shapley_coop.simulation.worker import Worker


async def in_process(
    desk: Desk, indices: Sequence[int], player: CoalitionPlayer | None = None
) -> None:
    """Play episodes on this event loop, as many at once as the configuration says.

    Args:
        desk: the run.
        indices: the numbers of the episodes.
        player: plays coalitions again. None means that they are played here too.
    """
    worker = Worker(desk.config, desk.game, desk.gateway, desk.people, player)
    # All share one iterator, so that no episode is played twice and none waits for a turn.
    waiting = iter(indices)

    async def play() -> None:
        for index in waiting:
            await worker.episode(index, desk.writer.recorder(index))

    # More at once than there are episodes would only cost memory.
    at_once = min(desk.config.run.concurrency, len(indices))
    await run_together(*(play() for _ in range(at_once)))
