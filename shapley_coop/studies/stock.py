"""What a study knows of its runs: how many episodes they hold, and what they have spent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

from shapley_coop.config.sections import Limits
from shapley_coop.errors import RunFolderError
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.runs.store import RunFolder

_AMOUNTS = ("cost", "tokens", "calls", "seconds")


class Spent(NamedTuple):
    """What was spent so far."""

    cost: float = 0.0
    """US dollars, or the most that it can have been. Where no price is known it counts as 0."""
    tokens: int = 0
    """Tokens of prompts and answers."""
    calls: int = 0
    """Requests sent, repeats too."""
    seconds: float = 0.0
    """Wall time of the runs."""

    def plus(self, other: Spent) -> Spent:
        """Return the sum of both."""
        return Spent(
            self.cost + other.cost,
            self.tokens + other.tokens,
            self.calls + other.calls,
            self.seconds + other.seconds,
        )


class RunStock(NamedTuple):
    """What a study has to know of a run, by one reading of its episodes."""

    spent: Spent = Spent()
    """What it has spent, also for an episode that was cut before it was recorded."""
    recorded: int = 0
    """Its recorded episodes. None counts of a run that is damaged, since no table holds them."""
    broken: int = 0
    """Those of them that broke or met a limit."""
    error: str = ""
    """What ended the first of these."""
    damage: str = ""
    """Why not all its episodes can be read. What those before it took still counts as spent."""


def stock_of(run: RunFolder) -> RunStock:
    """Return what a study has to know of a run. One that is damaged has spent something alone."""
    cost = 0.0
    tokens = 0
    calls = 0
    recorded = 0
    errors = []
    damage = ""
    try:
        for episode in run.episodes():
            recorded += 1
            if episode.status != "done":
                errors.append(episode.error)
            tokens += episode.tokens
            for row in episode.spend:
                calls += row.sent
                # Where the end of a bill is open, its most counts, so that no limit is passed.
                amount = row.cost if row.cost is not None else row.at_most
                cost += amount or 0.0
    except RunFolderError as error:
        damage = str(error)
        recorded = 0
        errors.clear()
    # The record of calls knows those too whose episode was never written. It may be turned off,
    # and one that cannot be read takes nothing from what the episodes say.
    if run.calls.exists():
        with suppress(RunFolderError):
            sent = Cassette(run.calls, writable=False).spending()
            cost = max(cost, sent.cost)
            tokens = max(tokens, sent.tokens)
            calls = max(calls, sent.calls)
    return RunStock(
        spent=Spent(cost, tokens, calls, run.manifest.seconds),
        recorded=recorded,
        broken=len(errors),
        error=errors[0] if errors else "",
        damage=damage,
    )


def total_of(amounts: Iterable[Spent]) -> Spent:
    """Return what was spent together."""
    total = Spent()
    for amount in amounts:
        total = total.plus(amount)
    return total


def limits_left(limits: Limits, spending: Spent) -> dict[str, float]:
    """Return what may still be spent, by limit. Limits that are not set are left out."""
    left = {}
    for name in _AMOUNTS:
        limit = limits.model_dump()[name]
        if limit is not None:
            left[name] = limit - spending._asdict()[name]
    return left
