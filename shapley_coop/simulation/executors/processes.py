"""A run in worker processes on this machine, for agents that compute more than they wait."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from shapley_coop.errors import AgentError, ConfigError
from shapley_coop.interfaces.waiting import run_together
from shapley_coop.simulation.executors import child
from shapley_coop.simulation.executors.frames import (
    AskModel,
    Delivery,
    DoErrand,
    Failure,
    ModelAnswer,
    Notice,
    Start,
    frame,
    read_frame,
)
from shapley_coop.simulation.executors.in_process import in_process
from shapley_coop.simulation.executors.port import Desk, Executor
from shapley_coop.simulation.executors.relay import hear
from shapley_coop.simulation.executors.work import (
    Work,
    errand_text,
    work_of,
)

MOST_DEATHS = 3
"""How many worker processes may end by one errand, before the run ends by it."""
LEAST_UNDER_WAY = 2
"""Errands that a worker has at least, so that it never waits for the next one."""


def processes(workers: int) -> Executor:
    """Return the executor that plays the episodes of a run in worker processes of its own.

    A process that ends before its time is replaced, and its episodes are played again.

    Args:
        workers: how many processes, at least 1.
    """

    async def execute(desk: Desk, indices: Sequence[int]) -> None:
        async with ProcessPool(workers) as pool:
            await pool.execute(desk, indices)

    return execute


class ProcessPool:
    """Worker processes that play for several runs, one run after the other each.

    Args:
        workers: how many processes, at least 1.
        episodes: how many all these runs have. None means that there is one run.
    """

    def __init__(self, workers: int, episodes: int | None = None) -> None:
        self._workers = workers
        self._episodes = episodes
        self._free = asyncio.Semaphore(workers)
        self._idle: list[Process] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        idle, self._idle = self._idle, []
        for process in idle:
            await _kill(process)

    async def execute(self, desk: Desk, indices: Sequence[int]) -> None:
        """Play the episodes of these numbers, in as many processes as are free."""
        everything = len(indices) if self._episodes is None else self._episodes
        work = work_of(desk, indices, hands=self._workers, everything=everything)
        # More processes than episodes would only be started.
        count = work.hands(self._workers)
        # A single episode is told while it is played, which only this process can do.
        if everything <= 1 and count <= 1:
            await in_process(desk, indices)
            return

        async def do(work: Work) -> None:
            deaths: Counter[int] = Counter()
            workers = [_Worker(work, deaths, self, count) for _ in range(count)]
            await run_together(*(worker.run() for worker in workers))

        await work.carry_out(do)

    async def take(self) -> Process:
        """Return a process that plays nothing, once there is one."""
        await self._free.acquire()
        # One that ended while it had nothing to do is replaced like one that ended at work.
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
        try:
            return await _start()
        except BaseException:
            self._free.release()
            raise

    async def give_back(self, process: Process, *, usable: bool) -> None:
        """Take a process back. One that is not usable any more is ended."""
        try:
            if usable:
                self._idle.append(process)
            else:
                await _kill(process)
        finally:
            self._free.release()


class _Worker:
    """One worker process after the other, until no errand is left."""

    def __init__(
        self,
        work: Work,
        deaths: Counter[int],
        pool: ProcessPool,
        workers: int,
    ) -> None:
        self._work = work
        self._deaths = deaths
        self._pool = pool
        # Together the workers have as many errands under way as the work asks for.
        share = -(-work.at_once // workers)
        self._most = max(LEAST_UNDER_WAY, share)
        self._open: set[int] = set()
        self._questions: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        while (process := await self._process()) is not None:
            usable = False
            try:
                await self._use(process)
                usable = True
            except (asyncio.IncompleteReadError, ConnectionError):
                await self._bury(process)
            finally:
                for task in self._questions:
                    task.cancel()
                await self._pool.give_back(process, usable=usable)

    async def _process(self) -> Process | None:
        """Return a process that is free, or None once no errand is left."""
        taking = asyncio.create_task(self._pool.take())
        over = asyncio.create_task(self._work.schedule.over())
        try:
            # Another run may hold all processes long after the rest of this one is played.
            await asyncio.wait({taking, over}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self._forgo(taking)
            raise
        finally:
            over.cancel()
        if taking.done() and not self._work.schedule.is_over:
            return taking.result()
        await self._forgo(taking)
        return None

    async def _forgo(self, taking: asyncio.Task[Process]) -> None:
        """Leave a process that may be there already to others."""
        taking.cancel()
        await asyncio.wait({taking})
        if not taking.cancelled() and taking.exception() is None:
            await self._pool.give_back(taking.result(), usable=True)

    async def _use(self, process: Process) -> None:
        """Have a process work until no errand is left, or until it ends."""
        assert process.stdin is not None
        assert process.stdout is not None
        stdin = process.stdin
        stdin.write(frame(Start(self._work.desk.job)))
        while await self._hand_out(process):
            message = await read_frame(process.stdout)
            if isinstance(message, Delivery):
                self._work.end(message.number, message.outcome)
                self._open.remove(message.number)
            elif isinstance(message, AskModel):
                task = asyncio.create_task(self._answer(process, message))
                self._questions.add(task)
                task.add_done_callback(self._questions.discard)
            elif isinstance(message, Notice):
                hear(self._work.desk.gateway, message.remark)
            elif isinstance(message, Failure):
                self._work.fail(message.number, message.error)
                self._open.remove(message.number)

    async def _hand_out(self, process: Process) -> bool:
        """Give a process as many errands as it may have, and return whether it has any."""
        assert process.stdin is not None
        while len(self._open) < self._most:
            # Who has none waits for one, since another worker's may come back.
            wait = not self._open
            number = await self._work.take() if wait else self._work.take_now()
            if number is None:
                break
            self._open.add(number)
            process.stdin.write(frame(DoErrand(number, self._work.errand(number))))
        return bool(self._open)

    async def _answer(self, process: Process, asked: AskModel) -> None:
        outcome = await self._work.answer(asked.question)
        assert process.stdin is not None
        # A process that is gone has no use for it. Its successor finds it in the record.
        with suppress(ConnectionError):
            process.stdin.write(frame(ModelAnswer(asked.number, outcome)))

    async def _bury(self, process: Process) -> None:
        """Give back the errands of a process that has ended before its time."""
        code = await process.wait()
        for number in sorted(self._open):
            self._deaths[number] += 1
            if self._deaths[number] >= MOST_DEATHS:
                what = errand_text(self._work.errand(number))
                raise AgentError(
                    f"{MOST_DEATHS} worker processes ended while they played {what}, the "
                    f"last with the code {code}; play it without worker processes to see why"
                )
            self._work.give_back(number)
        self._open.clear()


async def _kill(process: Process) -> None:
    if process.returncode is None:
        process.kill()
    # A process that has ended is waited for, so that none is left behind.
    await asyncio.shield(process.wait())


async def _start() -> Process:
    """Start a worker process.

    In a session of its own, an interrupt at the terminal reaches the run alone, which then ends.
    """
    try:
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            child.__name__,
            stdin=PIPE,
            stdout=PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise ConfigError(
            f"a worker process could not be started: {error.strerror or error}; "
            "give fewer workers",
            field="workers",
        ) from error
