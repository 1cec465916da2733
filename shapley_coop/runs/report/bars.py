"""Bars at the terminal: figures of seats drawn beside each other on one scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shapley_coop.records import TOLERANCE
from shapley_coop.runs.report.rows import SeatRow

NAME_WIDTH = 24
"""Cells for a seat's name, which is folded or cut where it is longer."""
_COLOURS = {"claimed": "magenta", "agreed": "cyan", "measured": "green"}
"""The columns that are drawn as bars, by name."""


def seat_bars(rows: Sequence[SeatRow], width: int) -> RenderableType:
    """Draw claimed, agreed and measured of each seat below each other on one scale."""
    values = []
    for row in rows:
        values += [row.cells[name].value for name in _COLOURS]
    largest = greatest(values)
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True, max_width=NAME_WIDTH)
    grid.add_column(no_wrap=True, style="dim")
    grid.add_column(no_wrap=True)
    for row in rows:
        # The seat's name stands beside its first bar alone.
        label = row.name
        for name, colour in _COLOURS.items():
            value = row.cells[name].value
            if value is None:
                continue
            drawing = bar(value, largest, width - 44, colour)
            grid.add_row(Text(label), Text(name), drawing)
            label = ""
    return Padding(grid, (1, 0, 0, 2))


def greatest(values: Iterable[float | None]) -> float:
    """Return the largest size among values, or 0 where none is known."""
    sizes = [abs(value) for value in values if value is not None]
    return max(sizes, default=0.0)


def bar(value: float | None, largest: float, size: int, colour: str) -> Text:
    """Return a bar of up to `size` cells. A negative one is marked and red."""
    # What is nothing but rounding is drawn like nothing, whatever the largest is.
    if value is None or abs(value) < TOLERANCE or size < 4:
        return Text("")
    # Counted in half cells, which the font can draw.
    share = abs(value) / largest
    # Runs of older versions may hold beliefs whose sum no number holds.
    halves = 2 * size
    if math.isfinite(share):
        halves = round(2 * size * share)
    cells, half = divmod(halves, 2)
    if value < 0:
        # One cell goes to the mark, and even the smallest loss shows.
        length = max(1, cells - 1)
        return Text("-" + "━" * length, "red")
    return Text("━" * cells + "╸" * half, colour)
