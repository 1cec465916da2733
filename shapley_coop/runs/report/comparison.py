"""Runs side by side: the figures that tell at a glance how they differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from shapley_coop.records import Seat
from shapley_coop.records.wording import breach_text
from shapley_coop.records.words import (
    clean,
    count_text,
    error_text,
    number,
    short_names,
)
from shapley_coop.runs.columns import COLUMN_BY_NAME
from shapley_coop.runs.figures import RunFigures
from shapley_coop.runs.report.content import Content
from shapley_coop.runs.report.rows import FEW

Run = TypeVar("Run")
_MOST_BREACHES = 3


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
    notes: tuple[str, ...] = ()
    """What a reader must know of the figures, a sentence each, and which promises were broken."""


MEASURED = ("success", "welfare", "rounds before play", "forfeits", "breaches")
"""Rows of what a study measures too."""


def compare_runs(
    contents: Sequence[Content], *, with_measures: bool = True
) -> Comparison:
    """Return runs side by side, from what their reports show.

    Args:
        contents: of each run.
        with_measures: whether rows of what a study measures are among them. Where its table follows
            they would stand there twice.
    """
    names = run_names(contents)
    figures = [content.figures for content in contents]
    rows = [
        _row("game", contents, lambda content: clean(content.run.config.game_id, 60)),
        _row("protocol", contents, _protocol),
        _row("success", figures, _success),
        _row("welfare", figures, lambda run: number(run.mean_total)),
    ]
    seats = list(dict.fromkeys(seat for run in figures for seat in run.mean_payoffs))
    # With many seats a table of each would hide what it is to show.
    if len(seats) <= FEW:
        rows += _seat_rows("final", seats, figures, _final)
        rows += _basis_rows(figures)
        rows += _seat_rows("measured", seats, figures, _measured)
    rows += [
        _row("rounds before play", figures, lambda run: number(run.mean_rounds)),
        _row("rounds after play", figures, lambda run: number(run.mean_split_rounds)),
        _row("forfeits", figures, _forfeits),
        _row("breaches", figures, lambda run: f"{run.breaches:,}"),
        _row("model calls", figures, lambda run: f"{run.calls:,}"),
        _row("seconds", figures, lambda run: f"{run.seconds:,.1f}"),
    ]
    if not with_measures:
        rows = [row for row in rows if row.label not in MEASURED]
    notes = _figure_notes(figures, rows)
    for name, content in zip(names, contents, strict=True):
        notes += _broken_promises(name, content)
    return Comparison(names, tuple(rows), tuple(notes))


def run_names(contents: Sequence[Content]) -> tuple[str, ...]:
    """Return what tells runs apart: who played, or else their folders."""
    names = tuple(_players(content) for content in contents)
    # The same agents may have played another game, or the same one again.
    if len(set(names)) < len(names):
        folders = [content.run.path.name for content in contents]
        # What tells folders apart is their end, which no limit may take away.
        shown = short_names(folders, 60)
        names = tuple(shown[folder] for folder in folders)
    return names


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
    text: Callable[[RunFigures, Seat], str],
) -> list[ComparisonRow]:
    rows = []
    for seat in seats:
        cells = tuple(text(run, seat) for run in runs)
        rows.append(ComparisonRow(f"{clean(seat, 40)}, {word}", cells))
    return rows


def _final(run: RunFigures, seat: Seat) -> str:
    settled = number(run.mean_payoffs.get(seat))
    return settled + error_text(run.payoff_stderrs.get(seat))


def _measured(run: RunFigures, seat: Seat) -> str:
    row = run.credit.get(seat)
    if row is None:
        return number(None)
    return COLUMN_BY_NAME["measured"].text(row.cells["measured"])


def _basis_rows(runs: Sequence[RunFigures]) -> list[ComparisonRow]:
    """Return how each run's credit was measured, which it never stands without."""
    bases = [_basis(run) for run in runs]
    labels = ("worth", "absence", "method")
    rows = []
    for label, words in zip(labels, zip(*bases, strict=True), strict=True):
        rows.append(ComparisonRow(label, tuple(words)))
    rows.append(_row("episodes measured", runs, _measured_episodes))
    return rows


def _measured_episodes(run: RunFigures) -> str:
    """Return over how many of the episodes played to their end measured credit is a mean."""
    measured = 0 if run.worth is None else run.worth.episodes
    return f"{measured:,} of {run.played:,}"


def _basis(run: RunFigures) -> tuple[str, str, str]:
    """Return the worth, what replaced absent seats, and the method, in words of settings."""
    worth = run.worth
    if worth is None:
        return ("-", "-", "-")
    words = (worth.kind, worth.absence, worth.method)
    kind, absence, method = (clean(str(word), 40) for word in words)
    return (kind, absence, method)


def _figure_notes(
    runs: Sequence[RunFigures], rows: Iterable[ComparisonRow]
) -> list[str]:
    notes = []
    if any("±" in cell for row in rows for cell in row.cells):
        notes.append("± is one standard error of the mean before it.")
    bases = {_basis(run) for run in runs if run.worth is not None}
    if len(bases) > 1:
        notes.append(
            "Credit was measured differently, so measured values of one run say little beside "
            "those of another: play them with the same worth."
        )
    return notes


def _broken_promises(name: str, content: Content) -> list[str]:
    """Return the first promises that a run broke, and how many more there are."""
    broken = content.episode.breaches if content.episode else ()
    lines = [f"{name}: {breach_text(breach)}" for breach in broken[:_MOST_BREACHES]]
    more = content.figures.breaches - len(lines)
    if more:
        where = "more" if lines else "in other episodes than the first"
        lines.append(f"{name}: {count_text(more, 'breach', 'breaches')} {where}")
    return lines


def _protocol(content: Content) -> str:
    return clean(content.run.config.protocol.name, 40)


def _success(run: RunFigures) -> str:
    return f"{run.successes:,} of {run.episodes:,}"


def _forfeits(run: RunFigures) -> str:
    return f"{run.forfeits:,} of {run.decisions:,}"
