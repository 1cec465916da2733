"""The workers of a concurrent run: each evaluates one request after the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from shapley_coop.shapley.evaluation.cost_limit import CostLimit
from shapley_coop.shapley.evaluation.evaluator import Evaluator
from shapley_coop.shapley.evaluation.monitor import Monitor
from shapley_coop.shapley.evaluation.session import Request, Session
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule

if TYPE_CHECKING:
    import asyncio

    from shapley_coop.shapley.estimators.pairs.choosing import Choosing
    from shapley_coop.shapley.evaluations import Evaluations

_PLANNED = 3  # both ends, and the first coalition of the design


class Workers:
    """Several workers on one session, who wait for each other where requests depend on answers."""

    def __init__(
        self,
        session: Session,
        evaluator: Evaluator,
        *,
        count: int,
        stop: StoppingRule | None,
        cost_limit: CostLimit,
        on_progress: Callable[[Progress], None] | None,
    ) -> None:
        self.monitor = Monitor(
            session,
            evaluator,
            workers=count,
            stop=stop,
            on_progress=on_progress,
            wake=self._wake,
        )
        self._session, self._evaluator = session, evaluator
        self._cost_limit = cost_limit
        self._count = min(count, session.task.budget)
        self._resumed = session.data.total
        self._planned: list[Request] = []
        """Requests that were asked for before the workers began, the first one last."""
        self._sleepers: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._group: asyncio.TaskGroup | None = None
        self._last_choice: Choosing | None = None
        """The last choice that was begun."""
        self._open_choices = 0
        """Choices being made in threads."""

    async def run(self) -> None:
        """Evaluate until the budget or the plan is used up or the monitor says stop."""
        import asyncio

        self._loop = asyncio.get_running_loop()
        if self.monitor.active and self._resumed:
            # The rule may be met by what is known from before.
            await self.monitor.check()
        if not self.monitor.stopped_by:
            # The first requests take the whole design to make, which is no work for the loop.
            first = await asyncio.to_thread(self._session.ask, _PLANNED)
            self._planned = first[::-1]
        run = asyncio.current_task()
        assert run is not None  # a coroutine runs in a task
        async with asyncio.TaskGroup() as group:
            self._group = group
            for _ in range(self._count):
                worker = group.create_task(self._work())
                # A group takes a cancelled task for done, and the others would wait for it.
                worker.add_done_callback(partial(_cancel_with, run))

    async def _work(self) -> None:
        """Evaluate one request after the other until there are none or a rule says stop."""
        monitor, session, evaluator = self.monitor, self._session, self._evaluator
        while not monitor.stopped_by:
            if not self._cost_limit.admits_another():
                if evaluator.under_way:
                    await self._sleep()
                    continue
                monitor.stopped_by = self._cost_limit.text
                self._wake()
                return
            if monitor.starts_left is not None:
                if monitor.starts_left < 1:
                    await self._sleep()
                    continue
                monitor.starts_left -= 1
            request = self._planned.pop() if self._planned else session.ask_one()
            if session.choosing is not self._last_choice:
                self._begin_choice()
            if request is None:
                if self._is_finished():
                    self._wake()
                    return
                # Another worker's answer, its failure or its estimate may bring new requests.
                await self._sleep()
                continue
            await evaluator.evaluate(request)
            if evaluator.end_failed:
                monitor.stopped_by = "an end of the game failed"
            if self._sleepers and monitor.starts_left is None:
                self._wake()
            if monitor.active:
                await monitor.check()

    def _is_finished(self) -> bool:
        """Say whether nothing that is still under way can bring another request."""
        estimating = self.monitor.starts_left is not None
        return self._session.idle and not estimating and not self._open_choices

    def _begin_choice(self) -> None:
        """Have the next pairs chosen in a thread, from what is known now."""
        self._last_choice = self._session.choosing
        if self._last_choice is not None and self._group is not None:
            self._open_choices += 1
            data = self._session.data.copy()
            self._group.create_task(self._choose(self._last_choice, data))

    async def _choose(self, choosing: Choosing, data: Evaluations) -> None:
        import asyncio

        await asyncio.to_thread(choosing.run, data)
        self._open_choices -= 1
        self._wake()

    async def _sleep(self) -> None:
        """Wait until something has changed that may bring a request."""
        assert self._loop is not None  # workers run inside `run`
        sleeper: asyncio.Future[None] = self._loop.create_future()
        self._sleepers.append(sleeper)
        await sleeper

    def _wake(self) -> None:
        for sleeper in self._sleepers:
            # A sleeper whose task was cancelled is done already.
            if not sleeper.done():
                sleeper.set_result(None)
        self._sleepers.clear()


def _cancel_with(run: asyncio.Task[None], worker: asyncio.Task[None]) -> None:
    """Cancel a run one of whose workers was cancelled by itself."""
    if worker.cancelled() and not run.cancelling():
        run.cancel()
