"""What a log says of runs that were only observed, all of them together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapley_coop.records.words import count_text, number, percent
from shapley_coop.shapley.work_evidence import WorkCounts, evidence_shares
from shapley_coop.teams.imports.bounds import refuse
from shapley_coop.teams.imports.observed.run import (
    MOST_SEATS,
    ObservedRun,
    seat_rows,
    too_many_seats,
)
from shapley_coop.teams.imports.observed.usage import is_stated
from shapley_coop.teams.imports.port import Fact, FigureTable


@dataclass(frozen=True)
class ObservedRuns:
    """What a log tells of runs that nobody can run again."""

    runs: tuple[ObservedRun, ...]
    counts: WorkCounts
    """The work that the log tells of, by seat and kind."""
    facts: frozenset[Fact] = frozenset()

    def seats(self) -> dict[str, dict[str, Any]]:
        """Return the figures of each seat over all runs."""
        return seat_rows(self.runs)

    def shares(self) -> dict[str, float] | None:
        """Return each seat's share by work evidence, or None if no work can be counted."""
        amounts = [sum(kinds.values()) for kinds in self.counts.values()]
        return evidence_shares(self.counts) if sum(amounts) else None

    def as_json(self) -> Mapping[str, Any]:
        """Return all of it as JSON values."""
        return {
            "runs": [run.as_json() for run in self.runs],
            "seats": self.seats(),
            "work": {seat: dict(kinds) for seat, kinds in self.counts.items()},
            "evidence": self.shares(),
        }

    def tables(self) -> Sequence[FigureTable]:
        """Return a row for each seat."""
        shares = self.shares() or {}
        rows = []
        for seat, row in self.seats().items():
            tokens = (row["prompt_tokens"], row["completion_tokens"])
            counts = (row["messages"], row["actions"], *tokens)
            cells = [_count(figure) for figure in counts]
            cells += [_money(row["cost"]), _money(row["payoff"])]
            share = percent(shares[seat]) if seat in shares else ""
            rows.append((seat, *cells, share))
        headings = ("seat", "said", "did", "tokens in", "out", "cost $", "payoff")
        return [_without_blanks("who did what", (*headings, "evidence"), rows)]

    def sentences(self) -> Sequence[str]:
        """Return how many runs there are, and what the log does not say."""
        lines = [count_text(len(self.runs), "run")]
        signed = sum(len(run.contracts) for run in self.runs)
        if signed:
            lines.append(
                f"{count_text(signed, 'contract')} signed; --json has the clauses"
            )
        lines += [_whole_text(run) for run in self.runs if is_stated(run.whole)]
        if self.shares() is None:
            lines.append(
                "no work is told that can be counted, so nothing is shared by it"
            )
        else:
            lines.append(
                "evidence is each seat's part of the work that the log tells of"
            )
        return lines


def _whole_text(run: ObservedRun) -> str:
    usage = run.whole
    figures = (
        (_count(usage.prompt), "tokens in"),
        (_count(usage.completion), "out"),
        (_money(usage.cost), "$"),
    )
    told = ", ".join(f"{figure} {unit}" for figure, unit in figures if figure)
    return f"run {run.name!r}: {told} by all seats together; the log does not say whose it is"


def _without_blanks(
    title: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]]
) -> FigureTable:
    """Return a table without the columns in which a log states nothing."""
    kept = [0]
    kept += [at for at in range(1, len(headings)) if any(row[at] for row in rows)]
    cut = [tuple(row[at] for at in kept) for row in rows]
    return FigureTable(title, tuple(headings[at] for at in kept), cut)


def _count(figure: float | None) -> str:
    return "" if figure is None else f"{figure:,.0f}"


def _money(figure: float | None) -> str:
    return "" if figure is None else number(figure)


def collect_runs(
    runs: Sequence[ObservedRun],
    place: str,
    *,
    counts: WorkCounts | None = None,
    facts: frozenset[Fact] = frozenset(),
) -> ObservedRuns:
    """Return what a log tells, if it tells of anybody.

    Args:
        runs: what was read.
        place: how the log is called in errors.
        counts: the work by seat. None counts the lines of code in messages.
        facts: from which coalitions can be valued.

    Raises:
        InputError: it names no seat.
    """
    # Folders of logs hold runs that broke before anybody spoke, and traces without agents.
    peopled = tuple(run for run in runs if run.seats)
    seats = {seat for run in peopled for seat in run.seats}
    if len(seats) > MOST_SEATS:
        raise too_many_seats(place)
    if not peopled:
        raise refuse(f"{place} names nobody who spoke, acted or asked a model")
    if counts is None:
        counts = _code_over(peopled)
    return ObservedRuns(peopled, counts, facts)


def _code_over(runs: Sequence[ObservedRun]) -> WorkCounts:
    totals: dict[str, dict[Any, float]] = {}
    for run in runs:
        for seat, kinds in run.code_counts().items():
            before = totals.setdefault(seat, {"code": 0.0})
            before["code"] += kinds["code"]
    return totals
