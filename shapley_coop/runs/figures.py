"""The figures of a run as a record with named fields: what `--json` prints."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from shapley_coop.records import Attainable, Check, Seat
from shapley_coop.runs.columns import COLUMNS, Cell
from shapley_coop.runs.intervals import Interval


@dataclass(frozen=True, slots=True)
class WorthFigures:
    """How the measured credit was obtained. Words are None if no episode has them."""

    kind: str | None
    """The worth kind. Several are joined by a plus sign."""
    absence: str | None
    """What replaced absent seats."""
    method: str | None
    """The value that was computed."""
    empty: float
    """v(∅), a mean over episodes."""
    grand: float
    """v(N), a mean over episodes."""
    draws: int | None
    """Plays of a coalition, at most, where chance had a say in its worth. None if it never had."""
    stopped_by: str | None
    """What ended the plays of coalitions. None means that their number was fixed."""
    episodes: int
    """Episodes whose credit was measured."""
    evaluations: int
    """Coalition values that were computed, over all episodes."""
    calls: int
    """Model calls that were made for credit."""


@dataclass(frozen=True, slots=True)
class SeatFigures:
    """One seat's credit columns over the episodes, with how the measured one was obtained."""

    cells: Mapping[str, Cell]
    """By the column's name, in the order of the table of columns."""
    worth: str | None = None
    """The worth kind that the measured column rests on."""
    absence: str | None = None
    """What replaced absent seats in it."""

    def as_json(self) -> dict[str, Any]:
        """Return the seat's columns as `--json` prints them."""
        fields: dict[str, Any] = {}
        for column in COLUMNS:
            fields |= column.as_json(self.cells[column.name])
            # A measured value never stands without what it was measured on.
            if column.precision is not None:
                fields |= {"worth": self.worth, "absence": self.absence}
        return fields


def finite_values(value: Any) -> Any:
    """Return nested values with None in the place of numbers that are not finite."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite_values(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite_values(part) for part in value]
    return value


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """In how many episodes a check was made, and in how many of those it held."""

    made: int
    """Episodes in which the check was made."""
    held: int
    """Episodes of these in which it held."""


@dataclass(frozen=True, slots=True)
class ChecksFigures:
    """Every check of what was agreed, and why those that were left out were."""

    rational: CheckFigures
    """Nobody signed away its outside option."""
    nash: CheckFigures
    """What was agreed, or played where nothing was, is an equilibrium among fixed plans."""
    dominant: CheckFigures
    """It is best whatever plans the others have."""
    subgame_perfect: CheckFigures
    """Some subgame-perfect equilibrium takes the same course."""
    core: CheckFigures
    """No coalition could do better by itself."""
    skipped: dict[Check, str]
    """Why a check was left out, by its name."""


@dataclass(frozen=True, slots=True)
class SpendFigures:
    """What a group of model calls came to."""

    calls: int
    """Answers that were used."""
    sent: int
    """Times that a request was sent for them."""
    tokens: int
    """Tokens sent and answered."""
    cost: float | None
    """US dollars. None if the price or the tokens of some call are not known."""
    at_most: float | None
    """The most US dollars that it can have been. None if some price is not known."""
    uncounted: int
    """Answers whose tokens the endpoint did not count."""
    answered_by: tuple[str, ...]
    """Models that answered by the endpoint's word, where that is not the one asked."""


@dataclass(frozen=True, slots=True)
class SpendGroups:
    """What calls came to, grouped in three ways."""

    seat: dict[str, SpendFigures]
    purpose: dict[str, SpendFigures]
    model: dict[str, SpendFigures]


@dataclass(frozen=True, slots=True)
class RunFigures:
    """The figures of a run. None stands where nothing was measured.

    Means are over episodes that were played to their end (`played`). The success rate is over all
    that were recorded, since one that broke or met a limit has not reached its goal.
    Standard errors are of these means. Intervals hold with 95 percent confidence: that of
    Clopper and Pearson (1934) for the success rate, Student's t for means. The share of successes
    lies from 0 to 1, a difference of payoffs at or above 0, and rounds lie from 0 to the most that
    the tables allow: intervals end there. What a game can pay is not known here, so those of
    payoffs and of credit are cut off nowhere. Intervals are None for one episode, for values that
    are all equal, and where plays could not differ (`chance`).
    """

    run: str
    """The path of the run folder."""
    status: str
    """How the run ended."""
    episodes: int
    """Recorded episodes."""
    played: int
    """Episodes that were played to their end."""
    failed_episodes: dict[str, str]
    """What failed, by the number of the episode."""
    limited_episodes: dict[str, str]
    """The limit that was met, by the number of the episode."""
    chance: bool | None
    """Whether dice, models or people had a say in the plays. None if that is not known."""
    successes: int
    """Episodes that reached their goal."""
    success_rate: float | None
    """Share of all recorded episodes that reached their goal."""
    success_interval: Interval | None
    mean_payoffs: dict[Seat, float | None]
    """What seats hold after settlement."""
    payoff_stderrs: dict[Seat, float | None]
    """One standard error of these means. None for one episode."""
    payoff_intervals: dict[Seat, Interval | None]
    mean_raw_payoffs: dict[Seat, float | None]
    """What the game paid seats, before any transfer."""
    raw_payoff_intervals: dict[Seat, Interval | None]
    mean_total: float | None
    """What all seats together hold, a mean over episodes."""
    attainable: Attainable | None
    """What that could have been, or why it is not known. None in runs that do not tell."""
    mean_rounds: float | None
    """Rounds of talk before play: those in which some seat spoke, offered or answered."""
    rounds_interval: Interval | None
    """At most as many rounds as the tables of the longest recorded play allow."""
    mean_split_rounds: float | None
    """Rounds of talk after play."""
    mean_silent_rounds: float | None
    """Rounds of either in which every seat waited without a word or forfeited its turn."""
    payoff_difference: float | None
    """Between the best and the worst paid seat."""
    payoff_difference_interval: Interval | None
    """Never below 0."""
    forfeits: int
    """Turns that were lost because no answer could be used."""
    forfeits_by_seat: dict[Seat, int]
    breaches: int
    """Promises that were not kept."""
    breaches_by_seat: dict[Seat, int]
    ledger_residual: int
    """The greatest absolute residual of a ledger in micro-units: 0 unless money was lost."""
    worth: WorthFigures | None
    """How credit was measured. None if it was not."""
    credit: dict[Seat, SeatFigures]
    """The credit columns of each seat."""
    checks: ChecksFigures
    """What the agreements stand up to."""
    myerson: dict[Seat, float] | None
    """Credit if only linked seats work together, in games that have links."""
    contributions: dict[Seat, float] | None
    """The game's own figures of what seats contributed."""
    decisions: int
    """Turns that seats were to decide."""
    calls: int
    """Model calls."""
    tokens: int
    """Tokens of these calls."""
    saved: int
    """Model calls that credit needed and that equal ones had answered already."""
    cost: float | None
    """US dollars. None if the price or the tokens of some call are not known."""
    at_most: float | None
    """The most US dollars that the answers can have cost. None if some price is not known."""
    uncounted: int
    """Answers whose tokens the endpoint did not count. They stand at the most that they can be."""
    unanswered: int
    """Requests that no answer came to and that may have been billed all the same."""
    unanswered_at_most: float
    """The most US dollars that these can have cost. 0 where no price is known."""
    unrecorded: int
    """Answers to episodes that are not recorded, since the run goes on or was ended before. No
    other figure counts them."""
    unrecorded_at_most: float
    """The most US dollars that these can have cost. 0 where no price is known."""
    spend: SpendGroups
    """What calls came to by seat, purpose and model."""
    seconds: float
    """Wall time."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints: plain values by name."""
        fields = asdict(replace(self, credit={}, attainable=None))
        best = self.attainable or Attainable(reason="it was not recorded")
        if best.total is not None:
            fields["attainable"] = best.model_dump(mode="json", exclude={"reason"})
        fields["attainable_reason"] = best.reason
        fields["credit"] = {seat: row.as_json() for seat, row in self.credit.items()}
        # JSON has no word for what is beyond every number.
        finite: dict[str, Any] = finite_values(fields)
        return finite
