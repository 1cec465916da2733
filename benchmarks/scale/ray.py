"""Measure what a task of Ray costs, and from which cost of an episode on it saves time.

    python -m benchmarks.scale.ray
    python -m benchmarks.scale.ray --cores 8 --tasks 2000

A cluster of its own is started on this machine. Tasks are those that a run hands out, once without
any episode, which shows what Ray adds, and once with episodes, which shows whether the sum is true.
"""

from __future__ import annotations

import argparse
import asyncio
import pickle
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import ray

from benchmarks.scale.episodes import config_of
from shapley_coop.simulation.executors.cluster import (
    BATCH,
    TASKS_A_CORE,
    do_batch,
)
from shapley_coop.simulation.executors.player import EpisodeErrand, RunJob
from shapley_coop.simulation.executors.ray_cluster import ray_cluster

ROUNDS = 3
"""How often everything is measured. The fastest counts, which other work has held up least."""
EPISODES = 800
"""Rule-agent episodes of Escape Room by which the sum is held against a measurement."""
Batch = tuple[EpisodeErrand, ...]
RUNS = (100, 1_000, 10_000, 1_000_000)
"""Sizes of runs for which the break-even cost is printed."""


class Costs(NamedTuple):
    """What a cluster costs, in seconds."""

    cores: int
    start: float
    """From nothing to the first task done on each core."""
    task: float
    """What a task adds on the core that does it."""
    parent: float
    """Processor time of the run's own process a task."""

    def seconds(self, episodes: int, episode: float, batch: int) -> float:
        """Return how long a run takes on the cluster, by the cost of an episode."""
        on_a_core = episode + self.task / batch
        return self.start + episodes * on_a_core / self.cores

    def break_even(self, episodes: int, batch: int) -> float:
        """Return the cost of an episode from which the cluster is faster than one process."""
        # start + n (c + task / batch) / cores = n c, solved for c.
        spread = self.task / batch / self.cores
        return (self.start / episodes + spread) / (1 - 1 / self.cores)


async def drain(task: Any, job: Any, batches: Sequence[Batch]) -> None:
    """Have the cluster do all batches, as many at once as a run of this project hands out."""
    waiting = iter(batches)

    async def work() -> None:
        for batch in waiting:
            for outcome in await task.remote(job, None, batch):
                if isinstance(outcome, Exception):
                    raise outcome

    slots = TASKS_A_CORE * int(ray.cluster_resources()["CPU"])
    await asyncio.gather(*(work() for _ in range(slots)))


def fastest(work: Callable[[], object]) -> float:
    """Return the least wall time of several rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def measure(
    pickled_job: bytes, batches: Sequence[Batch], cores: int, tasks: int
) -> tuple[Costs, float]:
    """Return what a cluster costs, and how long it plays some batches of episodes."""
    began = time.perf_counter()
    with ray_cluster(cores):
        job = ray.put(pickled_job)
        task: Any = ray.remote(do_batch).options(num_cpus=1)

        def play(batches: Sequence[Batch]) -> None:
            asyncio.run(drain(task, job, batches))

        # Every process imports the project once, which belongs to the start.
        play([(EpisodeErrand(0),)] * TASKS_A_CORE * cores)
        start = time.perf_counter() - began
        used = time.process_time()
        seconds = fastest(lambda: play([()] * tasks))
        parent = (time.process_time() - used) / ROUNDS / tasks
        costs = Costs(cores, start, cores * seconds / tasks, parent)
        return costs, fastest(lambda: play(batches))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--tasks", type=int, default=400)
    chosen = parser.parse_args()
    job = pickle.dumps(RunJob(config_of(EPISODES), "off", tuple(sys.path)))
    batches = [
        tuple(map(EpisodeErrand, range(first, min(first + BATCH, EPISODES))))
        for first in range(0, EPISODES, BATCH)
    ]
    do_batch(job, None, batches[0])

    def play_here() -> None:
        for batch in batches:
            do_batch(job, None, batch)

    here = fastest(play_here)
    episode = here / EPISODES
    costs, played = measure(job, batches, chosen.cores, chosen.tasks)
    print(f"start of a cluster with {costs.cores} cores: {costs.start:.1f} s")
    print(f"overhead a task: {1000 * costs.task:.2f} ms on the core that does it,")
    print(f"  of which the run's own process works {1000 * costs.parent:.2f} ms")
    print("break-even cost of an episode, from which Ray is faster than one process:")
    for episodes in RUNS:
        one, many = (costs.break_even(episodes, batch) for batch in (1, BATCH))
        print(
            f"  {episodes:>9,} episodes: {1000 * one:8.2f} ms at one a task, "
            f"{1000 * many:8.2f} ms at {BATCH} a task"
        )
    expected = costs.seconds(EPISODES, episode, BATCH) - costs.start
    print(
        f"{EPISODES} episodes of {1000 * episode:.1f} ms: {here:.1f} s in one process, "
        f"{played:.1f} s on the cluster without its start, by the sum {expected:.1f} s"
    )


if __name__ == "__main__":
    main()
