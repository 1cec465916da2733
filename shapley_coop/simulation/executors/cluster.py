"""Episodes on a Ray cluster: Ray places them, and plays again what a lost node was playing."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from shapley_coop.errors import AgentError, cause_text
from shapley_coop.interfaces.waiting import run_together
from shapley_coop.runs.store import Parcel
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.executors.mailbox import MailboxLine, open_mailbox
from shapley_coop.simulation.executors.player import RemotePlayer, RunJob, portable
from shapley_coop.simulation.executors.port import Desk, Executor
from shapley_coop.simulation.executors.ray_cluster import ray_cluster, require_ray
from shapley_coop.simulation.executors.relay import ModelQuestion, hear
from shapley_coop.simulation.executors.schedule import EpisodeSchedule

RETRIES = 10
"""How often Ray plays a batch again whose process or node was lost."""
BATCH = 16
"""Episodes of one task where agents follow rules, since a task costs as much as a short episode."""
TASKS_A_CORE = 2
"""Tasks that are handed out for each core, so that no core waits for the next one."""


def on_ray(workers: int | None = None, address: str | None = None) -> Executor:
    """Return the executor that plays episodes on a Ray cluster.

    Args:
        workers: how many play at once. None means as many as the cluster has cores.
        address: the cluster's address. None means one on this machine, for this run alone, or the
            one that this process is connected to.

    Raises:
        ConfigError: Ray is not installed.
    """
    require_ray()

    async def execute(desk: Desk, indices: Sequence[int]) -> None:
        with ray_cluster(workers, address) as cores:
            await _Playing(desk, indices, cores).run()

    return execute


class _Playing:
    """The episodes of one run on a cluster."""

    def __init__(self, desk: Desk, indices: Sequence[int], cores: int) -> None:
        import ray

        self._desk = desk
        self._schedule = EpisodeSchedule(indices)
        cast = configured_cast(desk.config, desk.game)
        self._asks = bool(cast.models) or desk.config.limits.episode_seconds is not None
        # Who asks models waits longer than any task costs, and many can wait at once.
        self._batch = 1 if self._asks else BATCH
        tasks = max(TASKS_A_CORE * cores, desk.config.run.concurrency)
        self._slots = min(tasks, -(-len(indices) // self._batch))
        # What all tasks need lies in the object store once, and not in every task.
        self._job = ray.put(pickle.dumps(desk.job))
        # Workers are handed the mailbox itself, so that none has to look it up by a name.
        self._mailbox = open_mailbox() if self._asks else None
        # One that waits for a model leaves its core to others.
        need = 0.25 if cast.models else 1
        self._play: Any = ray.remote(play_batch).options(
            num_cpus=need, max_retries=RETRIES
        )

    async def run(self) -> None:
        slots = (self._work() for _ in range(self._slots))
        if not self._asks:
            await run_together(*slots)
            return
        serving = asyncio.create_task(self._serve(self._mailbox))
        playing = asyncio.create_task(run_together(*slots))
        try:
            # If the mailbox fails nobody would ever be answered.
            await asyncio.wait({serving, playing}, return_when="FIRST_COMPLETED")
            for task in (playing, serving):
                if task.done():
                    task.result()
        finally:
            for task in (playing, serving):
                task.cancel()
            await asyncio.wait({playing, serving})

    async def _work(self) -> None:
        """Have one batch after the other played."""
        import ray

        while (first := await self._schedule.take()) is not None:
            batch = [first]
            while len(batch) < self._batch:
                index = self._schedule.take_now()
                if index is None:
                    break
                batch.append(index)
            task = self._play.remote(self._job, self._mailbox, tuple(batch))
            try:
                outcomes = await task
            except ray.exceptions.RayError as error:
                raise AgentError(
                    f"Ray could not play the episodes {batch}: {cause_text(error)}; play them "
                    "without Ray to see why"
                ) from error
            except asyncio.CancelledError:
                ray.cancel(task, force=True)
                raise
            for outcome in outcomes:
                if isinstance(outcome, Exception):
                    raise outcome
                self._desk.take(outcome)
                self._schedule.end(outcome.episode)

    async def _serve(self, mailbox: Any) -> None:
        """Answer what is asked in the mailbox until this is cancelled."""
        answering: set[asyncio.Task[None]] = set()
        try:
            while True:
                for number, message in await mailbox.collect.remote():
                    if number is None:
                        hear(self._desk.gateway, message)
                        continue
                    task = asyncio.create_task(self._answer(mailbox, number, message))
                    answering.add(task)
                    task.add_done_callback(answering.discard)
        finally:
            for task in answering:
                task.cancel()

    async def _answer(self, mailbox: Any, number: int, question: ModelQuestion) -> None:
        outcome = await self._desk.answer(question)
        await mailbox.answer.remote(number, outcome)


@lru_cache(maxsize=1)
def _player(job: bytes, mailbox: Any) -> RemotePlayer:
    """Return who plays a job in this process, made once for all its tasks."""
    run_job: RunJob = pickle.loads(job)  # noqa: S301 - the run itself has put it in the store
    return RemotePlayer(run_job, MailboxLine(mailbox))


def play_batch(
    job: bytes, mailbox: Any, batch: tuple[int, ...]
) -> list[Parcel | Exception]:
    """Play some episodes, as a task of Ray.

    Args:
        job: a `RunJob`, pickled.
        mailbox: the mailbox of the run. None where nobody asks a model.
        batch: the numbers of the episodes.
    """

    async def play() -> list[Parcel | Exception]:
        outcomes: list[Parcel | Exception] = []
        try:
            player = _player(job, mailbox)
            outcomes.extend([await player.play(index) for index in batch])
        except Exception as error:  # noqa: BLE001 - the run has to hear of it
            outcomes.append(portable(error))
        return outcomes

    return asyncio.run(play())
