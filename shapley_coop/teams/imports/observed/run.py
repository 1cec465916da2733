"""One run as a log tells it: who spoke and acted, what that cost, and what was paid and signed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, NamedTuple

from pydantic import ValidationError

from shapley_coop.errors import InputError
from shapley_coop.records import Contract
from shapley_coop.records.words import clean
from shapley_coop.shapley.work_evidence import WorkCounts
from shapley_coop.teams.imports.bounds import finite, refuse
from shapley_coop.teams.imports.observed.usage import (
    NOTHING_STATED,
    TokenUse,
    is_stated,
    total_of,
)
from shapley_coop.teams.imports.observed.values import mapping, members, text
from shapley_coop.teams.imports.work.chatdev import code_lines

MOST_SCORE = 200
"""Characters of a score that is no number."""
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
    calls: set[tuple[str, str]] = field(default_factory=set)
    """Seat and id of every call of a tool that was told."""
    whole: TokenUse = NOTHING_STATED
    """What the log states of all seats together, where it does not say whose it is."""
    contracts: tuple[Contract, ...] = ()
    """Contracts that were signed, only where the log holds them as typed clauses."""

    def add_seat(self, seat: str) -> str:
        """Note that a seat took part, and return its name.

        Raises:
            InputError: there are too many seats.
        """
        self.seats.setdefault(seat, [])
        if len(self.seats) > MOST_SEATS:
            raise too_many_seats(f"run {self.name!r}")
        return seat

    def add_message(self, seat: str, words: str) -> None:
        """Note what a seat said, unless that is nothing."""
        if words.strip():
            self.messages.append(SeatMessage(self.add_seat(seat), words))

    def add_action(self, seat: str, name: str, data: Any = None) -> None:
        """Note what a seat did."""
        self.actions.append(SeatAction(self.add_seat(seat), name, data))

    def add_calls(self, seat: str, calls: Any, name: str) -> None:
        """Note the calls of tools that an answer of a seat asks for, each once by its `id`.

        Args:
            seat: whose answer it is.
            calls: a list of objects that hold `arguments`, as JSON.
            name: the field that names the tool.
        """
        for call in map(mapping, members(calls)):
            key = (seat, text(call.get("id")))
            # A later message may repeat the calls that it sums up.
            if key[1] and key in self.calls:
                continue
            self.calls.add(key)
            # Some have what is called within the call.
            called = mapping(call.get("function")) or call
            tool = text(called.get(name)) or "tool"
            self.add_action(seat, tool, called.get("arguments"))

    def add_payoff(self, seat: str, value: Any) -> bool:
        """Note what a seat was paid, and return whether that is a number at all."""
        payoff = finite(value)
        if payoff is None:
            return False
        self.payoffs[self.add_seat(seat)] = payoff
        return True

    def add_usage(self, seat: str, usage: TokenUse) -> None:
        """Note what an answer to a seat took, unless nothing is stated of it."""
        self.add_seat(seat)
        if is_stated(usage):
            self.seats[seat].append(usage)

    def add_usages(self, seat: str, usages: Sequence[TokenUse]) -> None:
        """Note what several answers to a seat took."""
        for usage in usages:
            self.add_usage(seat, usage)

    def add_score(self, name: str, value: Any) -> None:
        """Note a score of the whole run: a number, a text, or several of these by name."""
        if isinstance(value, dict):
            for part, inner in value.items():
                if not isinstance(inner, dict):
                    self.add_score(f"{name}.{part}", inner)
            return
        number = float(value) if isinstance(value, bool) else finite(value)
        said = value if isinstance(value, str) else json.dumps(value)
        self.scores[name] = clean(said, MOST_SCORE) if number is None else number

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
            "whole": {
                "prompt_tokens": self.whole.prompt,
                "completion_tokens": self.whole.completion,
                "cost": self.whole.cost,
            },
            "contracts": [one.model_dump(mode="json") for one in self.contracts],
        }


def too_many_seats(place: str) -> InputError:
    """Return the error that a log names too many seats to be read right."""
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
            "prompt_tokens": total_of([usage.prompt for usage in own]),
            "completion_tokens": total_of([usage.completion for usage in own]),
            "cost": total_of([usage.cost for usage in own]),
            "models": list(dict.fromkeys(models)),
            "payoff": fmean(payoffs[seat]) if seat in payoffs else None,
        }
    return rows
