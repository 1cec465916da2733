"""The page on which one step of a run is changed, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol
from urllib.parse import quote

from shapley_coop.runs.report.html.markup import element, table, text
from shapley_coop.runs.report.html.page import frame_page
from shapley_coop.runs.store import RunFolder

_MOST_OPTIONS = 200
"""Values of one seat that the page offers. Others can be typed on the command line."""


class ForkOptions(NamedTuple):
    """What a seat can be set to at a step."""

    seat: str
    taken: str
    """What it did."""
    values: tuple[str, ...]
    """What it could have done instead."""


class ForkRow(NamedTuple):
    """What a fork changes for one seat, as texts."""

    seat: str
    before: str
    after: str
    difference: str


class Forks(Protocol):
    """Plays recorded episodes on from a step with changes, without writing anything."""

    def choices(self, run: RunFolder, at: str) -> list[ForkOptions]:
        """Return what every seat can be set to at a step such as `e0.s0`."""
        ...

    def rows(self, run: RunFolder, at: str, changes: Sequence[str]) -> list[ForkRow]:
        """Return what changes for each seat, where a change reads `SEAT=VALUE`."""
        ...


def fork_page(
    run: str,
    at: str,
    options: Sequence[ForkOptions],
    changes: Sequence[str],
    rows: Sequence[ForkRow],
    note: str,
) -> str:
    """Return the forms that choose a step and what seats do there, and what follows.

    Args:
        run: the name of its folder.
        at: the step.
        options: what seats can be set to at that step.
        changes: what was chosen.
        rows: what follows from it.
        note: why nothing follows, if so.
    """
    place = (
        '<form method="get"><p><label>Step <input name="at" '
        f'value="{text(at)}" placeholder="e0.s0" required></label> '
        '<button type="submit">Show this step</button></p></form>'
    )
    seats = "".join(_seat_choice(one, changes) for one in options)
    if seats:
        seats = (
            f'<form method="get"><input type="hidden" name="at" value="{text(at)}">'
            f"<h2>What seats do at {text(at)}</h2>{seats}"
            '<p><button type="submit">Fork here</button></p></form>'
        )
    result = element("p", text(note), role="status") if note else ""
    if rows:
        heads = ("seat", "as it was", "changed", "difference")
        result += table("What follows", heads, rows)
    back = f'<p><a href="/runs/{quote(run)}#{text(at)}">The report</a></p>'
    return frame_page(f"Fork of {run}", back + place + seats + result)


def _seat_choice(options: ForkOptions, changes: Sequence[str]) -> str:
    items = [f'<option value="">{text(options.taken)}, as it was</option>']
    for value in options.values[:_MOST_OPTIONS]:
        change = f"{options.seat}={value}"
        chosen = " selected" if change in changes else ""
        items.append(f'<option value="{text(change)}"{chosen}>{text(value)}</option>')
    return (
        f"<p><label>{text(options.seat)} "
        f'<select name="set">{"".join(items)}</select></label></p>'
    )
