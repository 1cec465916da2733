"""A team whose runs are made on a Ray cluster, each by any of its nodes."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from shapley_coop.simulation.executors.cluster import RETRIES
from shapley_coop.simulation.executors.player import portable
from shapley_coop.simulation.executors.ray_cluster import ray_cluster
from shapley_coop.teams.roster import Present
from shapley_coop.teams.team import Score, Team


@contextmanager
def far_team(
    make: Callable[[], Team], *, workers: int, address: str | None = None
) -> Iterator[Team]:
    """Yield a team whose runs are tasks of Ray, which claim a core each.

    A run whose node is lost is made again. The cluster, or the connection to it, is there until
    this is left.

    Args:
        make: makes the team, here and on every node. It can be pickled.
        workers: cores of a cluster on this machine.
        address: the address of a cluster that is running. None means one on this machine.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster.
        PluginError: there is no such team.
    """
    # What cannot be made is told before a cluster is started.
    shares_luck = make().shares_luck
    with ray_cluster(workers, address):
        import ray

        # Modules of the user's own are looked for in the same places everywhere.
        source = ray.put(pickle.dumps((make, tuple(sys.path))))
        task: Any = ray.remote(_run).options(num_cpus=1, max_retries=RETRIES)

        async def run(present: Present, draw: int) -> Score:
            outcome = task.remote(source, present, draw)
            try:
                score = await outcome
            except asyncio.CancelledError:
                ray.cancel(outcome, force=True)
                raise
            if isinstance(score, Exception):
                raise score
            return Score(*score)

        yield Team(run, shares_luck)


def _run(source: bytes, present: Present, draw: int) -> Sequence[float] | Exception:
    """Run a team once, as a task of Ray."""
    make, path = pickle.loads(source)  # noqa: S301 - whoever runs the team has put it there
    known = set(sys.path)
    sys.path.extend(place for place in path if place not in known)

    async def run() -> Score:
        team: Team = make()
        return await team(present, draw)

    try:
        return asyncio.run(run())
    except Exception as error:  # noqa: BLE001 - whoever waits for the run has to hear of it
        return portable(error)
