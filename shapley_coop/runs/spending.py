"""From what episodes spent to figures: of all their calls and of groups of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from shapley_coop.records import Episode, Spend
from shapley_coop.runs.figures import SpendFigures, SpendGroups
from shapley_coop.runs.intervals import sum_of


def spend_rows(episodes: Iterable[Episode]) -> list[Spend]:
    """Return what episodes came to, by seat, purpose and model."""
    return [row for episode in episodes for row in episode.spend]


def spend_figures(rows: Sequence[Spend]) -> SpendFigures:
    """Return what some calls came to together."""
    others = {name for row in rows for name in row.answered_by}
    return SpendFigures(
        calls=sum(row.calls for row in rows),
        sent=sum(row.sent for row in rows),
        tokens=sum(row.prompt + row.completion for row in rows),
        cost=sum_if_known([row.cost for row in rows]),
        at_most=sum_if_known([_most(row) for row in rows]),
        uncounted=sum(row.uncounted for row in rows),
        answered_by=tuple(sorted(others)),
    )


def _most(row: Spend) -> float | None:
    # Runs of older versions say the cost alone.
    return row.cost if row.at_most is None else row.at_most


def sum_if_known(amounts: Sequence[float | None]) -> float | None:
    """Return a sum of dollars. One that is not known makes it unknown, not merely too small."""
    known = [amount for amount in amounts if amount is not None]
    return sum_of(known) if len(known) == len(amounts) else None


def spend_groups(rows: Sequence[Spend]) -> SpendGroups:
    """Return what calls came to, grouped in three ways."""
    return SpendGroups(
        seat=_grouped(rows, lambda row: row.seat),
        purpose=_grouped(rows, lambda row: row.purpose),
        model=_grouped(rows, lambda row: row.model),
    )


def _grouped(
    rows: Iterable[Spend], key: Callable[[Spend], str]
) -> dict[str, SpendFigures]:
    groups: dict[str, list[Spend]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    # In the order of their names, so that equal runs print equal figures.
    figures = {}
    for name in sorted(groups):
        figures[name] = spend_figures(groups[name])
    return figures
