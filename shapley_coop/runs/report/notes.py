"""What is said under the credit table: over which episodes it is a mean, and what v(S) counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shapley_coop.credit.worth.kinds import sentence
from shapley_coop.records.words import word_list
from shapley_coop.runs.columns import COLUMNS
from shapley_coop.runs.figures import RunFigures, SeatFigures
from shapley_coop.runs.report.content import Content


def notes(content: Content) -> list[str]:
    """Return what a reader must know of the figures of the table, a sentence each."""
    return [*partial_means(content.figures), *_worth_meaning(content)]


def partial_means(figures: RunFigures) -> list[str]:
    """Return which columns are means over some episodes alone, beside others over all."""
    groups: dict[str, list[str]] = {}
    for column in COLUMNS:
        over = _some_episodes(column.name, figures.credit.values(), figures.played)
        if over:
            where = f"the {over} of {figures.played:,} episodes {column.known_where}"
            groups.setdefault(where, []).append(column.title)
    lines = []
    for where, titles in groups.items():
        verb = "is a mean" if len(titles) == 1 else "are means"
        lines.append(f"{word_list(titles)} {verb} over {where}")
    return lines


def _some_episodes(name: str, seats: Iterable[SeatFigures], played: int) -> str:
    """Return in how many episodes a column was known, or nothing if it was in all or none."""
    counts = {seat.cells[name].episodes for seat in seats} - {0}
    if counts <= {played}:
        return ""
    low = min(counts)
    high = max(counts)
    # Seats need not have said something in the same episodes.
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def _worth_meaning(content: Content) -> Sequence[str]:
    """Return what v(S) counts, in the words of the worth kind that was configured."""
    worth = content.figures.worth
    if worth is None:
        return ()
    lines = [sentence(content.run.config.worth.kind)]
    if worth.draws == 1:
        lines.append(
            "Each coalition was played once, by chance: worth.replicates plays it more often."
        )
    elif worth.stopped_by is not None:
        lines.append(f"What ended the plays of coalitions: {worth.stopped_by}.")
    return lines
