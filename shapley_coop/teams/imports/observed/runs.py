"""What a log says of runs that were only observed: who spoke and acted, and what that cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, NamedTuple

from pydantic import ValidationError

from shapley_coop.errors import InputError
from shapley_coop.records import Contract
from shapley_coop.records.words import clean, count_text, number, percent
from shapley_coop.shapley.work_evidence import WorkCounts, evidence_shares
from shapley_coop.teams.imports.bounds import refuse
from shapley_coop.teams.imports.port import Fact, FigureTable
from shapley_coop.teams.imports.work.chatdev import code_lines

MOST_SEATS = 1000
"""Seats up to which a log has credible names. Above it, something else was taken for names."""


class SeatMessage(NamedTuple):
    """What a seat said."""

    seat: str
    text: str


class SeatAction(NamedTuple):
    """What a seat did, such as a call of a tool."""

    seat: str
    name: str
    data: Any
    """What it was done with, as JSON, or None if that is not stated."""


class TokenUse(NamedTuple):
    """What an answer of a model took. None stands for what is not stated."""

    prompt: float | None = None
    """Tokens sent."""
    completion: float | None = None
    """Tokens answered."""
    cost: float | None = None
    """US dollars."""
    model: str | None = None


@dataclass(slots=True)
class ObservedRun:
    """One run as a log tells it, filled while the log is read."""

    name: str
    seats: dict[str, list[TokenUse]] = field(default_factory=dict)
    """By seat, in the order of their first appearance, what their models took."""
    messages: list[SeatMessage] = field(default_factory=list)
    actions: list[SeatAction] = field(default_factory=list)
    scores: dict[str, float | str] = field(default_factory=dict)
    """Scores of the whole run, by their names."""
    payoffs: dict[str, float] = field(default_factory=dict)
    """What seats were paid, only where the log says so."""
    contracts: tuple[Contract, ...] = ()
    """Contracts that were signed, only where the log holds them as typed clauses."""

    def add_seat(self, seat: str) -> str:
        """Note that a seat took part, and return its name.

        Raises:
            InputError: there are too many seats.
        """
        self.seats.setdefault(seat, [])
        if len(self.seats) > MOST_SEATS:
            raise _too_many(f"run {self.name!r}")
        return seat

    def add_message(self, seat: str, text: str) -> None:
        """Note what a seat said, unless that is nothing."""
        if text.strip():
            self.messages.append(SeatMessage(self.add_seat(seat), text))

    def add_action(self, seat: str, name: str, data: Any = None) -> None:
        """Note what a seat did."""
        self.actions.append(SeatAction(self.add_seat(seat), name, data))

    def add_usage(self, seat: str, usage: TokenUse) -> None:
        """Note what an answer to a seat took, unless nothing is stated of it."""
        self.add_seat(seat)
        if usage[:3] != (None, None, None):
            self.seats[seat].append(usage)

    def add_contracts(self, values: Sequence[Any]) -> None:
        """Note contracts that a log holds as a run folder does, with typed clauses.

        Raises:
            InputError: one is no contract.
        """
        try:
            contracts = tuple(Contract.model_validate(value) for value in values)
        except ValidationError as error:
            # All that is wrong with a stranger's contract would fill a page.
            first = error.errors()[0]
            reason = clean(f"{first['loc']}: {first['msg']}", 200)
            raise refuse(
                f"run {self.name!r} has a contract that is none ({reason})"
            ) from error
        self.contracts = contracts

    def code_counts(self) -> WorkCounts:
        """Return the lines of code in what each seat said.

        Code is written out again whenever it changes, so the longest version counts.
        """
        # A seat that wrote none stands there with 0, since the others share with it.
        lines = dict.fromkeys(self.seats, 0.0)
        for message in self.messages:
            written = code_lines(message.text)
            lines[message.seat] = max(lines[message.seat], float(written))
        return {seat: {"code": count} for seat, count in lines.items()}

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "run": self.name,
            "seats": seat_rows([self]),
            "messages": [message._asdict() for message in self.messages],
            "actions": [action._asdict() for action in self.actions],
            "scores": self.scores,
            "contracts": [one.model_dump(mode="json") for one in self.contracts],
        }


def _too_many(place: str) -> InputError:
    return refuse(
        f"{place} names more than {MOST_SEATS:,} seats, so these are no seats"
    )


def seat_rows(runs: Sequence[ObservedRun]) -> dict[str, dict[str, Any]]:
    """Return the figures of each seat over runs. None stands for what the log does not state."""
    usages: dict[str, list[TokenUse]] = {}
    payoffs: dict[str, list[float]] = {}
    said: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for run in runs:
        said.update(message.seat for message in run.messages)
        done.update(action.seat for action in run.actions)
        for seat, own in run.seats.items():
            usages.setdefault(seat, []).extend(own)
        for seat, payoff in run.payoffs.items():
            payoffs.setdefault(seat, []).append(payoff)
    rows = {}
    for seat, own in usages.items():
        # A seat may have asked several models, such as a cheap one for summaries.
        models = [usage.model for usage in own if usage.model]
        rows[seat] = {
            "messages": said[seat],
            "actions": done[seat],
            "prompt_tokens": _total([usage.prompt for usage in own]),
            "completion_tokens": _total([usage.completion for usage in own]),
            "cost": _total([usage.cost for usage in own]),
            "models": list(dict.fromkeys(models)),
            "payoff": fmean(payoffs[seat]) if seat in payoffs else None,
        }
    return rows


def _total(parts: Sequence[float | None]) -> float | None:
    """Return a sum, or None if a part is missing, without which it would be no sum of anything."""
    stated = [part for part in parts if part is not None]
    if not stated or len(stated) < len(parts):
        return None
    return sum(stated)


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
        if self.shares() is None:
            lines.append(
                "no work is told that can be counted, so nothing is shared by it"
            )
        else:
            lines.append(
                "evidence is each seat's part of the work that the log tells of"
            )
        return lines


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
        raise _too_many(place)
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
