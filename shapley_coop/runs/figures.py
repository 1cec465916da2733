"""The figures of a run as a record with named fields: what `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from shapley_coop.records import Check, Seat
from shapley_coop.runs.columns import COLUMNS, Cell
from shapley_coop.runs.intervals import Interval


@dataclass(frozen=True, slots=True)
class WorthFigures:
    """How the measured credit was obtained. Words are None if no episode has them."""

    kind: str | None
    absence: str | None
    method: str | None
    empty: float
    """v(∅), a mean over episodes."""
    grand: float
    """v(N), a mean over episodes."""
    episodes: int
    """Episodes whose credit was measured."""
    evaluations: int
    calls: int


@dataclass(frozen=True, slots=True)
class SeatFigures:
    """One seat's credit columns over the episodes, with how the measured one was obtained."""

    cells: Mapping[str, Cell]
    """By the column's name, in the order of the table of columns."""
    worth: str | None = None
    absence: str | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the seat's columns as `--json` prints them."""
        fields: dict[str, Any] = {}
        for column in COLUMNS:
            fields |= column.as_json(self.cells[column.name])
            # A measured value never stands without what it was measured on.
            if column.error is not None:
                fields |= {"worth": self.worth, "absence": self.absence}
        return fields


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """In how many episodes a check was made, and in how many of those it held."""

    made: int
    held: int


@dataclass(frozen=True, slots=True)
class ChecksFigures:
    """Every check of what was agreed, and why those that were left out were."""

    rational: CheckFigures
    nash: CheckFigures
    dominant: CheckFigures
    core: CheckFigures
    skipped: dict[Check, str]


@dataclass(frozen=True, slots=True)
class SpendFigures:
    """What a group of model calls came to."""

    calls: int
    sent: int
    tokens: int
    cost: float | None
    """US dollars. None if the price of some call is not known."""


@dataclass(frozen=True, slots=True)
class SpendGroups:
    """What calls came to, grouped in three ways."""

    seat: dict[str, SpendFigures]
    purpose: dict[str, SpendFigures]
    model: dict[str, SpendFigures]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The figures of a run. None stands where nothing was measured.

    Means are over episodes that were played to their end (`played`); the others are listed.
    Intervals hold with 95 percent confidence and are there only where two or more episodes were
    played: Wilson (1927) for the success rate, Student's t for means.
    """

    run: str
    """The path of the run folder."""
    status: str
    episodes: int
    played: int
    failed_episodes: dict[str, str]
    """What failed, by the number of the episode."""
    limited_episodes: dict[str, str]
    """The limit that was met, by the number of the episode."""
    success_rate: float | None
    success_interval: Interval | None
    mean_payoffs: dict[Seat, float | None]
    """What seats hold after settlement."""
    payoff_intervals: dict[Seat, Interval | None]
    mean_raw_payoffs: dict[Seat, float | None]
    """What the game paid seats, before any transfer."""
    raw_payoff_intervals: dict[Seat, Interval | None]
    mean_total: float | None
    mean_rounds: float | None
    rounds_interval: Interval | None
    mean_split_rounds: float | None
    payoff_difference: float | None
    """Between the best and the worst paid seat."""
    payoff_difference_interval: Interval | None
    forfeits: int
    forfeits_by_seat: dict[Seat, int]
    breaches: int
    breaches_by_seat: dict[Seat, int]
    ledger_residual: int
    """The greatest absolute residual of a ledger in micro-units; it is 0 unless money was lost."""
    worth: WorthFigures | None
    credit: dict[Seat, SeatFigures]
    checks: ChecksFigures
    myerson: dict[Seat, float] | None
    contributions: dict[Seat, float] | None
    decisions: int
    calls: int
    tokens: int
    saved: int
    """Model calls that credit needed and that equal ones had answered already."""
    cost: float | None
    spend: SpendGroups
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: plain values by name."""
        fields = asdict(replace(self, credit={}))
        fields["credit"] = {seat: row.as_json() for seat, row in self.credit.items()}
        return fields
