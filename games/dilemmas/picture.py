"""The picture of a payoff table for two seats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.drawing import (
    GOLD,
    LINE,
    MUTED,
    SEAT_COLOURS,
    WHITE,
    Canvas,
    Colour,
)

CELL_WIDTH, CELL_HEIGHT = 132, 60
TABLE_LEFT, TABLE_TOP = 150, 92
TABLE_MARGIN = 28


def table_frame(
    players: Sequence[str],
    actions: Sequence[str],
    cells: Sequence[Sequence[str]],
    lit: Sequence[int] | None = None,
) -> NDArray[np.uint8]:
    """Return a two-seat payoff table drawn as pixels (height, width, 3).

    Args:
        players: who chooses the row, and who chooses the column.
        actions: the actions of both.
        cells: texts by row and column.
        lit: the row and column of the cell to mark. None marks no cell.
    """
    width = len(actions) * CELL_WIDTH
    height = len(actions) * CELL_HEIGHT
    canvas = Canvas(
        TABLE_LEFT + width + TABLE_MARGIN,
        TABLE_TOP + height + TABLE_MARGIN,
    )
    _heads(canvas, players, actions)
    for row, texts in enumerate(cells):
        for column, text in enumerate(texts):
            marked = lit is not None and tuple(lit) == (row, column)
            _cell(canvas, row, column, text, GOLD if marked else WHITE)
    return canvas.pixels()


def _heads(canvas: Canvas, players: Sequence[str], actions: Sequence[str]) -> None:
    down, across = players
    middle = TABLE_LEFT + len(actions) * CELL_WIDTH / 2
    canvas.text((middle, 26), across, size=16, fill=SEAT_COLOURS[1])
    corner = (TABLE_MARGIN, TABLE_TOP - 18)
    canvas.text(corner, down, size=16, fill=SEAT_COLOURS[0], anchor="lm")
    for number, action in enumerate(actions):
        x = TABLE_LEFT + (number + 0.5) * CELL_WIDTH
        y = TABLE_TOP + (number + 0.5) * CELL_HEIGHT
        canvas.text((x, TABLE_TOP - 22), action, fill=MUTED)
        canvas.text((TABLE_LEFT - 14, y), action, fill=MUTED, anchor="rm")


def _cell(canvas: Canvas, row: int, column: int, text: str, fill: Colour) -> None:
    left = TABLE_LEFT + column * CELL_WIDTH
    top = TABLE_TOP + row * CELL_HEIGHT
    right, bottom = left + CELL_WIDTH, top + CELL_HEIGHT
    # Cells keep a small distance, so that each has an outline of its own.
    canvas.box(
        (left + 3, top + 3),
        (right - 3, bottom - 3),
        fill,
        outline=LINE,
        radius=8,
    )
    middle = ((left + right) / 2, (top + bottom) / 2)
    canvas.text(middle, text, size=18)
