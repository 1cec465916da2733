"""A run on a Ray cluster: Ray places its errands, and has those of a lost node done again."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from shapley_coop.errors import AgentError, cause_text
from shapley_coop.interfaces.waiting import run_together
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.executors.mailbox import MailboxLine, open_mailbox
from shapley_coop.simulation.executors.player import (
    Errand,
    Outcome,
    RemotePlayer,
    RunJob,
    portable,
)
from shapley_coop.simulation.executors.port import Desk, Executor
from shapley_coop.simulation.executors.ray_cluster import ray_cluster, require_ray
from shapley_coop.simulation.executors.relay import ModelQuestion, hear
from shapley_coop.simulation.executors.work import (
    EpisodeWork,
    Work,
    errand_text,
    work_of,
)

RETRIES = 10
"""How often Ray plays a batch again whose process or node was lost."""
BATCH = 16
"""Most errands of one task, since a task costs as much as a short episode."""
TASKS_A_CORE = 2
"""Tasks that are handed out for each core, so that no core waits for the next one."""


def on_ray(
    workers: int | None = None,
    address: str | None = None,
    *,
    episodes: int | None = None,
) -> Executor:
    """Return the executor that plays episodes on a Ray cluster.

    Args:
        workers: how many play at once. None means as many as the cluster has cores.
        address: the cluster's address. None means one on this machine, for this run alone, or the
            one that this process is connected to.
        episodes: how many all the runs have that play on it at once. None means that one does.

    Raises:
        ConfigError: Ray is not installed.
    """
    require_ray()

    async def execute(desk: Desk, indices: Sequence[int]) -> None:
        with ray_cluster(workers, address) as cores:

            async def do(work: Work) -> None:
                await _Doing(work, cores).run()

            work = work_of(desk, indices, hands=cores, everything=episodes)
            await work.carry_out(do)

    return execute


class _Doing:
    """The errands of one run on a cluster."""

    def __init__(self, work: Work, cores: int) -> None:
        import ray

        self._work = work
        desk = work.desk
        cast = configured_cast(desk.config, desk.game)
        self._asks = bool(cast.models) or desk.config.limits.episode_seconds is not None
        # An episode that asks models takes longer than any task costs, and is lost as a whole.
        is_long = self._asks and isinstance(work, EpisodeWork)
        self._most = 1 if is_long else BATCH
        self._slots = max(TASKS_A_CORE * cores, -(-work.at_once // self._most))
        # What all tasks need lies in the object store once, and not in every task.
        self._job = ray.put(pickle.dumps(desk.job))
        # Workers are handed the mailbox itself, so that none has to look it up by a name.
        self._mailbox = open_mailbox() if self._asks else None
        # One that waits for a model leaves its core to others.
        need = 0.25 if cast.models else 1
        self._do: Any = ray.remote(do_batch).options(num_cpus=need, max_retries=RETRIES)

    async def run(self) -> None:
        slots = (self._fill() for _ in range(self._slots))
        if not self._asks:
            await run_together(*slots)
            return
        serving = asyncio.create_task(self._serve(self._mailbox))
        doing = asyncio.create_task(run_together(*slots))
        try:
            # If the mailbox fails nobody would ever be answered.
            await asyncio.wait({serving, doing}, return_when="FIRST_COMPLETED")
            for task in (doing, serving):
                if task.done():
                    task.result()
        finally:
            for task in (doing, serving):
                task.cancel()
            await asyncio.wait({doing, serving})

    async def _fill(self) -> None:
        """Have one batch after the other done."""
        import ray

        while (first := await self._work.take()) is not None:
            batch = [first, *self._further()]
            errands = tuple(self._work.errand(number) for number in batch)
            task = self._do.remote(self._job, self._mailbox, errands)
            try:
                outcomes = await task
            except ray.exceptions.RayError as error:
                raise AgentError(
                    f"Ray could not play {errand_text(errands[0])} or what followed: "
                    f"{cause_text(error)}; play without Ray to see why"
                ) from error
            except asyncio.CancelledError:
                ray.cancel(task, force=True)
                raise
            # What broke one errand of a batch says nothing of the others.
            for number, outcome in zip(batch, outcomes, strict=True):
                if isinstance(outcome, Exception):
                    self._work.fail(number, outcome)
                else:
                    self._work.end(number, outcome)

    def _further(self) -> Iterator[int]:
        """Yield the numbers of errands that go with a first one."""
        # Towards the end batches shrink, so that no core is left alone with many errands (guided
        # self-scheduling, Polychronopoulos and Kuck, 1987).
        share = self._work.schedule.waiting // self._slots
        for _ in range(min(share, self._most - 1)):
            number = self._work.take_now()
            if number is None:
                return
            yield number

    async def _serve(self, mailbox: Any) -> None:
        """Answer what is asked in the mailbox until this is cancelled."""
        answering: set[asyncio.Task[None]] = set()
        try:
            while True:
                for number, message in await mailbox.collect.remote():
                    if number is None:
                        hear(self._work.desk.gateway, message)
                        continue
                    task = asyncio.create_task(self._answer(mailbox, number, message))
                    answering.add(task)
                    task.add_done_callback(answering.discard)
        finally:
            for task in answering:
                task.cancel()

    async def _answer(self, mailbox: Any, number: int, question: ModelQuestion) -> None:
        outcome = await self._work.answer(question)
        await mailbox.answer.remote(number, outcome)


@lru_cache(maxsize=1)
def _player(job: bytes, mailbox: Any) -> RemotePlayer:
    """Return who plays a job in this process, made once for all its tasks."""
    run_job: RunJob = pickle.loads(job)  # noqa: S301 - the run itself has put it in the store
    return RemotePlayer(run_job, MailboxLine(mailbox))


def do_batch(
    job: bytes, mailbox: Any, errands: Sequence[Errand]
) -> list[Outcome | Exception]:
    """Do some errands, as a task of Ray, and return what came of each.

    Args:
        job: a `RunJob`, pickled.
        mailbox: the mailbox of the run. None where nobody asks a model.
        errands: what is to be done.
    """

    async def attempt(errand: Errand) -> Outcome | Exception:
        try:
            return await _player(job, mailbox).do(errand)
        except Exception as error:  # noqa: BLE001 - the run has to hear of it
            return portable(error)

    async def do_all() -> list[Outcome | Exception]:
        return await run_together(*(attempt(errand) for errand in errands))

    return asyncio.run(do_all())
