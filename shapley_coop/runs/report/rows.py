"""The seats of a report: one row a seat, or a row a group where there are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from shapley_coop.records import Episode, Seat
from shapley_coop.records.words import clean, error_text
from shapley_coop.runs.columns import COLUMNS, Cell
from shapley_coop.runs.figures import RunFigures

FEW = 12
"""How many seats, steps, payments or groups a report lists one by one."""
_MOST_GROUPS = 8


@dataclass(frozen=True, slots=True)
class SeatRow:
    """One seat, or a group of seats that did the same, in the tables of figures."""

    name: str
    """The seat's name, or how many seats of which kind."""
    raw: float | None
    """What the game paid, a mean over episodes and over the seats of a group."""
    settled: float | None
    """What was held after settlement."""
    error: float | None
    """One standard error of `settled`. None for one episode, and for a group."""
    cells: Mapping[str, Cell]
    """The credit columns by name, in the order of the table of columns."""

    @property
    def transfers(self) -> float | None:
        """What transfers brought or cost."""
        if self.raw is None or self.settled is None:
            return None
        return self.settled - self.raw


def final_title(rows: Iterable[SeatRow]) -> str:
    """Return the words above what seats hold, with what ± means where there is one."""
    has_errors = any(error_text(row.error) for row in rows)
    return "final ± s.e." if has_errors else "final"


def seat_rows(figures: RunFigures, episode: Episode | None) -> tuple[SeatRow, ...]:
    """Return the rows of a report: every seat, or the first, the last and groups of many."""
    seats = list(figures.credit)
    if len(seats) <= FEW:
        return tuple(_seat_row(figures, seat) for seat in seats)
    rows = [_seat_row(figures, seats[0]), _seat_row(figures, seats[-1])]
    groups = _groups(seats, episode)
    for role, members in groups[:_MOST_GROUPS]:
        rows.append(_group_row(figures, role, members))
    # What is left after the largest groups is one group more.
    rest: list[Seat] = []
    for _, members in groups[_MOST_GROUPS:]:
        rest += members
    if rest:
        rows.append(_group_row(figures, "other", rest))
    return tuple(rows)


def _groups(
    seats: Sequence[Seat], episode: Episode | None
) -> list[tuple[str, list[Seat]]]:
    """Return seats by what they did most in the shown episode, the largest group first."""
    counts: dict[Seat, Counter[str]] = {seat: Counter() for seat in seats}
    steps = episode.steps if episode else ()
    for step in steps:
        for seat, action in step.actions.items():
            if seat in counts:
                counts[seat][action] += 1
    groups: dict[str, list[Seat]] = {}
    for seat, actions in counts.items():
        role = clean(_role(seat, actions), 30)
        groups.setdefault(role, []).append(seat)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _role(seat: Seat, actions: Counter[str]) -> str:
    """Return what a seat did most. One that did nothing goes by the kind in its name."""
    if actions:
        action, _ = actions.most_common(1)[0]
        return action
    kind, _, _ = seat.rpartition("_")
    return kind or "seat"


def _seat_row(figures: RunFigures, seat: Seat) -> SeatRow:
    error = figures.payoff_stderrs.get(seat)
    return _row(figures, clean(seat, 40), [seat], error)


def _group_row(figures: RunFigures, role: str, seats: Sequence[Seat]) -> SeatRow:
    count = len(seats)
    return _row(figures, f"{count:,} seats: {role}", seats, None)


def _row(
    figures: RunFigures, name: str, seats: Sequence[Seat], error: float | None
) -> SeatRow:
    cells = {}
    for column in COLUMNS:
        parts = [figures.credit[seat].cells[column.name] for seat in seats]
        cells[column.name] = column.over_seats(parts)
    raw = [figures.mean_raw_payoffs.get(seat) for seat in seats]
    settled = [figures.mean_payoffs.get(seat) for seat in seats]
    return SeatRow(
        name=name,
        raw=_mean(raw),
        settled=_mean(settled),
        error=error,
        cells=cells,
    )


def _mean(values: Sequence[float | None]) -> float | None:
    # A seat without a value leaves the mean of the others alone.
    known = [value for value in values if value is not None]
    if not known:
        return None
    return sum(known) / len(known)
