"""Watching a concurrent run: estimates on a schedule, reports of progress, stopping rules."""

from collections.abc import Callable
from time import monotonic

from shapley_coop.shapley.evaluation.evaluator import Evaluator
from shapley_coop.shapley.evaluation.session import Session
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.shapley.result import Estimate

_GROWTH = 1.25  # the estimate is made again whenever the evaluations have grown so much


class Monitor:
    """Decides when a run stops, and reports on it meanwhile."""

    def __init__(
        self,
        session: Session,
        evaluator: Evaluator,
        *,
        workers: int,
        stop: StoppingRule | None,
        on_progress: Callable[[Progress], None] | None,
        wake: Callable[[], None],
    ) -> None:
        """Watch a session, and call `wake` when starts are free again after an estimate."""
        self.stopped_by = ""
        """The rule that was met. Empty while the run goes on."""
        self.starts_left: int | None = None
        """How many evaluations may be started until the estimate in the making is done.

        None means that no estimate is being made.
        """
        self.started = monotonic()
        self.active = stop is not None or on_progress is not None
        """Whether there is anything to look at after an evaluation."""
        self._session, self._evaluator = session, evaluator
        self._workers, self._wake = workers, wake
        self._stop, self._on_progress = stop, on_progress
        rule_needs_estimate = stop is not None and stop.needs_estimate
        self._needs_estimate = on_progress is not None or rule_needs_estimate
        self._estimate: Estimate | None = None
        # What tells something of each player, as often as it tells something of chance.
        self._next_estimate = (session.task.n + 2) * session.task.repeats

    async def check(self) -> None:
        """Look at the rule, and where one is due make a new estimate in a thread.

        Meanwhile each other worker may start one more evaluation, and no more: a stop should not
        come after the money is spent.
        """
        total = self._session.data.total
        estimating = self.starts_left is not None
        due = total >= self._next_estimate and not estimating and not self.stopped_by
        if due and self._needs_estimate:
            self._next_estimate = int(total * _GROWTH) + 1
            await self._renew_estimate()
            # Another worker's check may have met a rule while the thread was at work.
            if self.stopped_by:
                return
        progress = Progress(
            self._session.data.total,
            self._evaluator.cost,
            monotonic() - self.started,
            self._estimate,
        )
        if due and self._on_progress is not None:
            self._on_progress(progress)
        # `on_progress` is foreign code and may take long, but it cannot set a stop itself.
        if self._stop is None or self.stopped_by:
            return
        if self._stop.is_met(progress):
            self.stopped_by = self._stop.text

    async def _renew_estimate(self) -> None:
        import asyncio

        self.starts_left = self._workers - 1
        # A copy, since the other workers go on to record values meanwhile.
        data = self._session.data.copy()
        make = self._session.estimate_from
        try:
            self._estimate = await asyncio.to_thread(make, data)
        except ValueError:
            # An end is still missing, so there is nothing to estimate yet.
            self._estimate = None
        finally:
            self.starts_left = None
            self._wake()
