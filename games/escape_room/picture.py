"""How an escape room looks, as text and as pixels: a lever, a start, a door, and who is where."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.drawing import (
    GOLD,
    GREEN,
    INK,
    LINE,
    MUTED,
    RED,
    SEAT_COLOURS,
    WOOD,
    Canvas,
)

Places = Mapping[str, Sequence[str]]
"""Seat names by place: `lever`, `start` and `door`."""

WIDTH, HEIGHT = 640, 380
FLOOR, WALL = (236, 228, 214), (186, 178, 166)
MAT, LIGHT = (246, 240, 230), (255, 246, 214)
LEFT = {"lever": 48, "start": 238, "door": 428}
WIDE = 164


def room_text(places: Places, levers: int, *, is_open: bool, most: int = 6) -> str:
    """Return the room as three boxes side by side. Long lists of seats are cut with a count."""
    heads = {
        "lever": f"LEVER {len(places['lever'])} of {levers}",
        "start": "START",
        "door": f"DOOR {'open' if is_open else 'closed'}",
    }
    columns = []
    for place, head in heads.items():
        columns.append([head, *_names(places[place], most)])
    wide = max(map(len, itertools.chain(*columns)))
    rule = "+" + "+".join(["-" * (wide + 2)] * 3) + "+"
    lines = []
    # Short columns are filled up below, so that all three boxes are equally high.
    for row in itertools.zip_longest(*columns, fillvalue=""):
        cells = [text.ljust(wide) for text in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def _names(seats: Sequence[str], most: int) -> list[str]:
    """Return the lines of a place: its seats, or the first of them and a count of the others."""
    if not seats:
        return ["-"]
    if len(seats) <= most:
        return list(seats)
    shown = seats[: most - 1]
    return [*shown, f"and {len(seats) - len(shown)} more"]


def room_frame(
    places: Places, seats: Sequence[str], levers: int, *, is_open: bool, caption: str
) -> NDArray[np.uint8]:
    """Return the room as pixels. Every seat is a disc, which is smaller the more there are."""
    canvas = Canvas(WIDTH, HEIGHT)
    _walls(canvas)
    _lever(canvas, down=len(places["lever"]) >= levers)
    _door(canvas, is_open=is_open)
    titles = {
        "lever": f"lever  {len(places['lever'])} of {levers}",
        "start": f"start  {len(places['start'])}",
        "door": f"door  {len(places['door'])}",
    }
    number = {seat: index for index, seat in enumerate(seats)}
    for place, title in titles.items():
        left = LEFT[place]
        right = left + WIDE
        canvas.box((left, 146), (right, HEIGHT - 64), MAT, outline=LINE, radius=8)
        canvas.text((left + WIDE / 2, 164), title, fill=MUTED)
        present = [number[seat] for seat in places[place]]
        _crowd(canvas, present, (left, 178))
    headline, colour = "the door is closed", RED
    if is_open:
        headline, colour = "the door is open", GREEN
    canvas.text((WIDTH / 2, 32), headline, size=18, fill=colour)
    canvas.text((WIDTH / 2, HEIGHT - 25), caption, size=15)
    return canvas.pixels()


def _walls(canvas: Canvas) -> None:
    left, right = 24, WIDTH - 24
    canvas.box((left, 58), (right, HEIGHT - 50), FLOOR, outline=WALL, radius=10)
    canvas.box((left, 58), (right, 132), WALL, radius=10)
    # The upper wall is round above only, so its lower corners are filled.
    canvas.box((left, 120), (right, 132), WALL)


def _lever(canvas: Canvas, *, down: bool) -> None:
    x, y = LEFT["lever"] + WIDE / 2, 118
    tip, colour = (x - 30, y - 34), RED
    if down:
        tip, colour = (x + 30, y - 22), GOLD
    canvas.line([(x, y), tip], INK, wide=5)
    canvas.disc(tip, 8, colour)
    canvas.box((x - 22, y - 6), (x + 22, y + 8), INK, radius=5)


def _door(canvas: Canvas, *, is_open: bool) -> None:
    x, top, bottom = LEFT["door"] + WIDE / 2, 66, 132
    hinge = x - 30
    canvas.box((hinge, top), (x + 30, bottom), LIGHT if is_open else INK)
    if is_open:
        # The wing stands out of the wall, so its far edge is lower.
        edge = x - 52
        corners = [
            (hinge, top),
            (edge, top + 9),
            (edge, bottom + 9),
            (hinge, bottom),
        ]
        canvas.area(corners, WOOD)
        canvas.disc((x - 47, 106), 2.5, GOLD)
    else:
        canvas.box((x - 26, top + 4), (x + 26, bottom), WOOD)
        canvas.disc((x + 18, 104), 3.5, GOLD)


def _crowd(canvas: Canvas, numbers: Sequence[int], corner: tuple[float, float]) -> None:
    """Draw seats as a grid of discs that fills one place, numbered while they are large."""
    if not numbers:
        return
    count = len(numbers)
    high = HEIGHT - 72 - corner[1]
    # As many columns as make the cells of the grid nearly square.
    columns = max(1, math.ceil(math.sqrt(count * WIDE / high)))
    rows = math.ceil(count / columns)
    pitch = min(52.0, (WIDE - 12) / columns, high / rows)
    # The grid stands in the middle of its place.
    x0 = corner[0] + (WIDE - pitch * (min(columns, count) - 1)) / 2
    y0 = corner[1] + (high - pitch * (rows - 1)) / 2
    size = max(9, int(pitch * 0.34))
    for place, number in enumerate(numbers):
        row, column = divmod(place, columns)
        at = (x0 + pitch * column, y0 + pitch * row)
        canvas.disc(at, 0.42 * pitch, SEAT_COLOURS[number % len(SEAT_COLOURS)])
        if pitch >= 20:
            canvas.text(at, str(number), size=size, fill=(255, 255, 255))
