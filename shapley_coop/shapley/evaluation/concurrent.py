"""Estimating an expensive game with several evaluations at once, with retries, a log and stops."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

import numpy as np

from shapley_coop.shapley.evaluation.cost_limit import CostLimit
from shapley_coop.shapley.evaluation.evaluator import AsyncGame, Evaluator
from shapley_coop.shapley.evaluation.journal import Journal
from shapley_coop.shapley.evaluation.session import Session
from shapley_coop.shapley.evaluation.stopping import Progress, StoppingRule
from shapley_coop.shapley.evaluation.task import Method
from shapley_coop.shapley.evaluation.workers import Workers
from shapley_coop.shapley.result import Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """What an asynchronous run came to."""

    estimate: Estimate
    evaluations: int
    """Draws paid for in this run, without those resumed from the log."""
    resumed: int
    """Draws taken from the log."""
    cost: float
    """What the game reported in all, the resumed draws included, in its own unit."""
    seconds: float
    stopped_by: str
    failures: dict[int, str]
    """The coalitions that were left out, by mask, and why."""
    session: Session
    """Holds every value, so further concepts over them need no call of the game."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is carried out."""

    workers: int = 8
    """Evaluations at once."""
    method: Method = "auto"
    noise: float | bool | None = None
    """Whether v is noisy, or the standard deviation of one draw. None means unknown."""
    least_draws: int = 1
    """How often each coalition is drawn at least before the next one, where v is noisy."""
    shared_draws: bool = False
    """Whether draws of equal number may share their luck."""
    stop: StoppingRule | None = None
    """A reason to stop before the budget is spent."""
    most_cost: float | None = None
    """What evaluations may cost together. None is started that could go beyond it."""
    log: str | Path | None = None
    """A file of evaluations to resume from and append to."""
    names: Sequence[str] = ()
    """The players' names. A log knows them by a digest, and is refused for others."""
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
        n,
        budget,
        rng=rng,
        method=how.method,
        noise=how.noise,
        ahead=how.workers,
        least_draws=how.least_draws,
        shared_draws=how.shared_draws,
    )
    if how.log is None:
        return await _evaluate(game, session, None, how)
    journal = Journal(how.log, n, how.names)
    try:
        values = ((entry.mask, entry.value) for entry in journal.entries)
        draws = (entry.draw for entry in journal.entries)
        session.seed(values, draws)
        return await _evaluate(game, session, journal, how)
    finally:
        journal.close()


async def _evaluate(
    game: AsyncGame, session: Session, journal: Journal | None, how: Options
) -> Run:
    import asyncio

    started = monotonic()
    resumed = session.data.total
    evaluator = Evaluator(game, session, journal, how.retries)
    workers = Workers(
        session,
        evaluator,
        count=how.workers,
        stop=how.stop,
        cost_limit=CostLimit(how.most_cost, evaluator),
        on_progress=how.on_progress,
    )
    await workers.run()
    if evaluator.errors and not len(session.data):
        raise ExceptionGroup("every evaluation failed", evaluator.errors)
    evaluator.require_ends()
    return Run(
        # The last estimate takes as long as any other, so it is made in a thread, too.
        estimate=await asyncio.to_thread(session.estimate),
        evaluations=evaluator.paid,
        resumed=resumed,
        cost=evaluator.cost,
        seconds=monotonic() - started,
        stopped_by=workers.monitor.stopped_by or "the budget or the plan is used up",
        failures=evaluator.failures,
        session=session,
    )
