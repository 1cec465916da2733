"""Evaluating coalitions concurrently while the estimator plans: workers, retries, log, stops."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from shapley_coop.shapley.coalitions import Members, full
from shapley_coop.shapley.evaluation.journal import Journal, JournalEntry
from shapley_coop.shapley.evaluation.plans import Method
from shapley_coop.shapley.evaluation.session import Request, Session
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.shapley.result import Estimate

if TYPE_CHECKING:
    import asyncio

    from shapley_coop.shapley.choosing import Choosing
    from shapley_coop.shapley.evaluations import Evaluations

Value = float | tuple[float, float]
AsyncGame = Callable[[frozenset[int], int], Awaitable[Value]]
"""Takes the players of a coalition and the number of the draw (equal numbers may use equal random
numbers); returns v, or v and what it cost."""

_PLANNED = 3  # both ends, and the first coalition of the design
_GROWTH = 1.25  # the estimate is made again whenever the evaluations have grown so much


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What an asynchronous run came to."""

    estimate: Estimate
    evaluations: int
    """Draws paid for in this run; those resumed from the log are not among them."""
    resumed: int
    cost: float
    seconds: float
    stopped_by: str
    failures: dict[int, str]
    """The coalitions that were left out, by mask, and why."""
    session: Session
    """Holds every value: further concepts over it cost no call."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is carried out."""

    workers: int = 8
    """Evaluations at once."""
    method: Method = "auto"
    noise: float | bool | None = None
    """Whether v is noisy, or the standard deviation of one draw; None where unknown."""
    stop: StoppingRule | None = None
    """A reason to stop before the budget is spent."""
    log: str | Path | None = None
    """A file of evaluations to resume from and append to."""
    retries: int = 2
    """Further tries of a failed evaluation before its coalition is left out."""
    on_progress: Callable[[Progress], None] | None = None
    """Called whenever the evaluations have grown by a quarter."""


async def evaluate(
    game: AsyncGame,
    n: int,
    *,
    budget: int,
    rng: np.random.Generator,
    options: Options | None = None,
) -> Run:
    """Estimate Shapley values of an expensive game with several evaluations at once.

    Every (coalition, draw) is evaluated once; with a log, also across runs. A failed evaluation
    is tried again, then its coalition is left out of the estimate: it is never taken for 0.
    Nothing is started past a stop; what is in flight then is awaited and counted. Cancelling
    cancels what is in flight and keeps the log.

    Raises:
        ValueError: bad input, before anything is evaluated; or an end of the game failed.
        ExceptionGroup: every evaluation failed.
    """
    how = options or Options()
    if how.workers < 1 or how.retries < 0:
        raise ValueError(
            f"workers >= 1 and retries >= 0 are needed; got {how.workers} and {how.retries}"
        )
    session = Session(
        n, budget, rng=rng, method=how.method, noise=how.noise, ahead=how.workers
    )
    journal = Journal(how.log, n) if how.log is not None else None
    try:
        if journal is not None:
            known = journal.known
            session.seed(((k.mask, k.value) for k in known), (k.draw for k in known))
        return await _Driver(game, session, journal, how).run()
    finally:
        if journal is not None:
            journal.close()


class _Driver:
    """The state that the workers of one run share."""

    def __init__(
        self, game: AsyncGame, session: Session, journal: Journal | None, how: Options
    ) -> None:
        self.game, self.session, self.journal, self.how = game, session, journal, how
        self.started = monotonic()
        self.resumed = session.data.total
        self.paid = 0
        self.cost = sum(entry.cost for entry in journal.known) if journal else 0.0
        self.stopped_by = ""
        self.errors: list[Exception] = []
        self.failures: dict[int, str] = {}
        self._tries: dict[Request, int] = {}
        self._next_check = session.task.n + 2
        self._estimate: Estimate | None = None
        self._sleepers: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._group: asyncio.TaskGroup | None = None
        self._watched = how.stop is not None or how.on_progress is not None
        self._wants_estimate = how.on_progress is not None or (
            how.stop is not None and how.stop.needs_estimate
        )
        self._members = Members(session.task.n)
        self._planned: list[Request] = []
        self._ahead: int | None = None
        """While an estimate is being made: how many evaluations may still be started."""
        self._chosen: Choosing | None = None
        """The last choice that was begun."""
        self._choices = 0
        """Choices being made."""

    async def run(self) -> Run:
        import asyncio

        self._loop = asyncio.get_running_loop()
        if self._watched and self.resumed:
            await self._check()  # the rule may be met by what is known already
        if not self.stopped_by:
            # Behind the first requests stands the whole design; that is no work for the loop.
            self._planned = (await asyncio.to_thread(self.session.ask, _PLANNED))[::-1]
        async with asyncio.TaskGroup() as group:
            self._group = group
            for _ in range(min(self.how.workers, self.session.task.budget)):
                group.create_task(self._work())
        if self.errors and not len(self.session.data):
            raise ExceptionGroup("every evaluation failed", self.errors)
        self._require_ends()
        return Run(
            estimate=await asyncio.to_thread(self.session.estimate),
            evaluations=self.paid,
            resumed=self.resumed,
            cost=self.cost,
            seconds=monotonic() - self.started,
            stopped_by=self.stopped_by or "the budget or the plan is used up",
            failures=self.failures,
            session=self.session,
        )

    async def _work(self) -> None:
        """Evaluate one request after the other until there are none or a rule says stop."""
        ask, evaluate_one = self.session.ask_one, self._evaluate
        while not self.stopped_by:
            if self._ahead is not None:
                if self._ahead < 1:
                    await self._sleep()
                    continue
                self._ahead -= 1
            request = self._planned.pop() if self._planned else ask()
            if self.session.choosing is not self._chosen:
                self._begin_choice()
            if request is None:
                if self.session.idle and self._ahead is None and not self._choices:
                    self._wake()
                    return
                # Another worker's answer, its failure or its estimate may bring new requests.
                await self._sleep()
                continue
            await evaluate_one(request)
            if self._sleepers and self._ahead is None:
                self._wake()
            if self._watched:
                await self._check()

    def _begin_choice(self) -> None:
        """Have the next pairs chosen in a thread, from what is known now."""
        self._chosen = self.session.choosing
        if self._chosen is not None and self._group is not None:
            self._choices += 1
            self._group.create_task(
                self._choose(self._chosen, self.session.data.copy())
            )

    async def _choose(self, choosing: Choosing, known: Evaluations) -> None:
        import asyncio

        await asyncio.to_thread(choosing.run, known)
        self._choices -= 1
        self._wake()

    async def _sleep(self) -> None:
        assert self._loop is not None  # workers run inside `run`
        sleeper: asyncio.Future[None] = self._loop.create_future()
        self._sleepers.append(sleeper)
        await sleeper

    def _wake(self) -> None:
        for sleeper in self._sleepers:
            if not sleeper.done():
                sleeper.set_result(None)
        self._sleepers.clear()

    async def _evaluate(self, request: Request) -> None:
        mask, draw = request
        try:
            answer = await self.game(self._members(mask), draw)
            value, cost = (
                _with_cost(answer) if isinstance(answer, tuple) else (answer, 0.0)
            )
            self.session.tell(mask, value)
        except Exception as error:  # noqa: BLE001  (whatever the game raises is its failure)
            self._failed(request, error)
            return
        self.paid += 1
        self.cost += cost
        if self.journal is not None:
            self.journal.add(JournalEntry(mask, draw, float(value), float(cost)))

    def _failed(self, request: Request, error: Exception) -> None:
        self.errors.append(error)
        tries = self._tries[request] = self._tries.get(request, 0) + 1
        again = tries <= self.how.retries
        self.session.fail(request, retry=again)
        if not again:
            self.failures[request.mask] = f"{type(error).__name__}: {error}"
            if self._end_failed():
                self.stopped_by = "an end of the game failed"

    def _end_failed(self) -> bool:
        return not self.session.data.excluded.isdisjoint({0, full(self.session.task.n)})

    def _require_ends(self) -> None:
        for name, mask in (("empty", 0), ("N", full(self.session.task.n))):
            if mask in self.session.data.excluded:
                raise ValueError(
                    f"v({name}) has no value ({self.failures[mask]}), so there is nothing to share "
                    "out; the run stopped there. Run again with the same log to go on"
                )

    async def _check(self) -> None:
        """Look at the rules, on a schedule with a new estimate, which is made in a thread.

        Meanwhile each other worker may start one more evaluation, and no more: a stop should not
        come after the money is spent.
        """
        total = self.session.data.total
        due = total >= self._next_check and self._ahead is None and not self.stopped_by
        if due and self._wants_estimate:
            self._next_check = int(total * _GROWTH) + 1
            await self._renew_estimate()
            if self.stopped_by:  # another worker's rule was met meanwhile
                return
        progress = Progress(
            self.session.data.total,
            self.cost,
            monotonic() - self.started,
            self._estimate,
        )
        if due and self.how.on_progress is not None:
            self.how.on_progress(progress)
        if (
            self.how.stop is not None
            and not self.stopped_by
            and self.how.stop.met(progress)
        ):
            self.stopped_by = self.how.stop.text

    async def _renew_estimate(self) -> None:
        import asyncio

        self._ahead = self.how.workers - 1
        known = self.session.data.copy()
        try:
            self._estimate = await asyncio.to_thread(self.session.estimate_from, known)
        except ValueError:  # an end is still missing
            self._estimate = None
        finally:
            self._ahead = None
            self._wake()


def _with_cost(answer: tuple[float, float]) -> tuple[float, float]:
    value, cost = answer
    if not isfinite(cost):
        raise ValueError(f"an evaluation costs a finite number; got {cost}")
    return value, cost
