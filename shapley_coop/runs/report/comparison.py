"""Runs side by side: the figures that tell at a glance how they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from shapley_coop.records import Seat
from shapley_coop.records.words import clean, number
from shapley_coop.runs.figures import RunFigures
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.rows import FEW

Run = TypeVar("Run")


class ComparisonRow(NamedTuple):
    """One figure of every run."""

    label: str
    cells: tuple[str, ...]
    """One text for each run, in their order."""


class Comparison(NamedTuple):
    """Runs side by side."""

    names: tuple[str, ...]
    """What tells the runs apart: who played, or else their folders."""
    rows: tuple[ComparisonRow, ...]


def compare_runs(contents: Sequence[Content]) -> Comparison:
    """Return runs side by side, from what their reports show."""
    names = tuple(_players(content) for content in contents)
    # The same agents may have played another game, or the same one again.
    if len(set(names)) < len(names):
        names = tuple(clean(content.run.path.name, 60) for content in contents)
    figures = [content.figures for content in contents]
    rows = [
        _row("game", contents, lambda content: clean(content.run.config.game_id, 60)),
        _row("protocol", contents, _protocol),
        _row("success", figures, _success),
        _row("pot", figures, lambda run: number(run.mean_total)),
    ]
    seats = list(dict.fromkeys(seat for run in figures for seat in run.mean_payoffs))
    # With many seats a table of each would hide what it is to show.
    if len(seats) <= FEW:
        rows += _seat_rows("final", seats, figures, _final)
        rows += _seat_rows("measured", seats, figures, _measured)
    rows += [
        _row("rounds before play", figures, lambda run: number(run.mean_rounds)),
        _row("rounds after play", figures, lambda run: number(run.mean_split_rounds)),
        _row("forfeits", figures, _forfeits),
        _row("breaches", figures, lambda run: f"{run.breaches:,}"),
        _row("model calls", figures, lambda run: f"{run.calls:,}"),
        _row("seconds", figures, lambda run: f"{run.seconds:,.1f}"),
    ]
    return Comparison(names, tuple(rows))


def _players(content: Content) -> str:
    """Return who played: each agent once, in the order of its seats."""
    agents = dict.fromkeys(agent for _, agent in content.seats)
    return " and ".join(agents)


def _row(label: str, runs: Iterable[Run], text: Callable[[Run], str]) -> ComparisonRow:
    return ComparisonRow(label, tuple(text(run) for run in runs))


def _seat_rows(
    word: str,
    seats: Iterable[Seat],
    runs: Sequence[RunFigures],
    value: Callable[[RunFigures, Seat], float | None],
) -> list[ComparisonRow]:
    rows = []
    for seat in seats:
        cells = tuple(number(value(run, seat)) for run in runs)
        rows.append(ComparisonRow(f"{clean(seat, 40)}, {word}", cells))
    return rows


def _final(run: RunFigures, seat: Seat) -> float | None:
    return run.mean_payoffs.get(seat)


def _measured(run: RunFigures, seat: Seat) -> float | None:
    row = run.credit.get(seat)
    return None if row is None else row.cells["measured"].value


def _protocol(content: Content) -> str:
    return clean(content.run.config.protocol.name, 40)


def _success(run: RunFigures) -> str:
    return f"{run.successes:,} of {run.episodes:,}"


def _forfeits(run: RunFigures) -> str:
    return f"{run.forfeits:,} of {run.decisions:,}"
