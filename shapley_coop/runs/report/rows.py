"""The seats of a report: one row a seat, or a row a group where there are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shapley_coop.records import Episode, Seat
from shapley_coop.records.words import clean
from shapley_coop.runs.columns import COLUMNS, Cell
from shapley_coop.runs.figures import RunFigures

FEW = 12
"""How many seats, steps, payments or groups a report lists one by one."""
_MANY_GROUPS = 8


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat, or a group of seats that did the same, in the tables of figures."""

    name: str
    raw: float | None
    """What the game paid, a mean over episodes and over the seats of a group."""
    settled: float | None
    """What was held after settlement."""
    margin: float | None
    """Half the 95 percent interval of `settled`; None for groups."""
    cells: Mapping[str, Cell]
    """The credit columns by name, in the order of the table of columns."""

    @property
    def moved(self) -> float | None:
        """What transfers brought or cost."""
        if self.raw is None or self.settled is None:
            return None
        return self.settled - self.raw


def seat_rows(figures: RunFigures, episode: Episode | None) -> tuple[SeatRow, ...]:
    """Return the rows of a report: every seat, or the first, the last and groups of many."""
    seats = list(figures.credit)
    if len(seats) <= FEW:
        return tuple(_row(figures, clean(seat, 40), [seat]) for seat in seats)
    rows = [_row(figures, clean(seat, 40), [seat]) for seat in (seats[0], seats[-1])]
    groups = _groups(seats, episode)
    for role, group in groups[:_MANY_GROUPS]:
        rows.append(_row(figures, f"{len(group):,} seats: {role}", group))
    rest = [seat for _, group in groups[_MANY_GROUPS:] for seat in group]
    if rest:
        rows.append(_row(figures, f"{len(rest):,} seats: other", rest))
    return tuple(rows)


def _groups(
    seats: Sequence[Seat], episode: Episode | None
) -> list[tuple[str, list[Seat]]]:
    """Return seats by what they did most in the shown episode, the largest group first."""
    actions: dict[Seat, Counter[str]] = {seat: Counter() for seat in seats}
    for step in episode.steps if episode else ():
        for seat, action in step.actions.items():
            if seat in actions:
                actions[seat][action] += 1
    groups: dict[str, list[Seat]] = {}
    for seat, counts in actions.items():
        groups.setdefault(clean(_role(seat, counts), 30), []).append(seat)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _role(seat: Seat, counts: Counter[str]) -> str:
    """Return what a seat did most; one that did nothing goes by the kind in its name."""
    if counts:
        return counts.most_common(1)[0][0]
    return seat.rpartition("_")[0] or "seat"


def _row(figures: RunFigures, name: str, seats: Sequence[Seat]) -> SeatRow:
    margin = None
    if len(seats) == 1:
        interval = figures.payoff_intervals.get(seats[0])
        margin = (interval.high - interval.low) / 2 if interval else None
    cells = {}
    for column in COLUMNS:
        parts = [figures.credit[seat].cells[column.name] for seat in seats]
        cells[column.name] = column.over_seats(parts)
    return SeatRow(
        name=name,
        raw=_mean([figures.mean_raw_payoffs.get(seat) for seat in seats]),
        settled=_mean([figures.mean_payoffs.get(seat) for seat in seats]),
        margin=margin,
        cells=cells,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
