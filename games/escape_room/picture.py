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
    WHITE,
    WOOD,
    Canvas,
)

Places = Mapping[str, Sequence[str]]
"""Seat names by place: `lever`, `start` and `door`."""

MOST_LISTED = 6
"""Lines that the seats of a place take in the text."""
WIDTH, HEIGHT = 640, 380
FLOOR, WALL = (236, 228, 214), (186, 178, 166)
MAT, LIGHT = (246, 240, 230), (255, 246, 214)
LEFT = {"lever": 48, "start": 238, "door": 428}
WIDE = 164
"""Width of a place."""
MARGIN = 24
WALL_TOP, WALL_FOOT = 58, 132
LARGEST_PITCH = 52.0
"""Distance between the seats of a place if they are few."""
CROWD_TOP = 178
"""Where the seats of a place begin, below its title."""


def room_text(places: Places, levers: int, *, is_open: bool) -> str:
    """Return the room as three boxes side by side. Long lists of seats are cut with a count."""
    heads = {
        "lever": f"LEVER {len(places['lever'])} of {levers}",
        "start": "START",
        "door": f"DOOR {'open' if is_open else 'closed'}",
    }
    columns = []
    for place, head in heads.items():
        columns.append([head, *_names(places[place])])
    wide = max(map(len, itertools.chain(*columns)))
    dashes = "-" * (wide + 2)
    rule = f"+{dashes}+{dashes}+{dashes}+"
    lines = []
    # Short columns are filled up below, so that all three boxes are equally high.
    for row in itertools.zip_longest(*columns, fillvalue=""):
        cells = [text.ljust(wide) for text in row]
        lines.append("| " + " | ".join(cells) + " |")
    heading, *seats = lines
    return "\n".join([rule, heading, rule, *seats, rule])


def _names(seats: Sequence[str]) -> list[str]:
    """Return the lines of a place: its seats, or the first of them and a count of the others."""
    if not seats:
        return ["-"]
    if len(seats) <= MOST_LISTED:
        return list(seats)
    shown = seats[: MOST_LISTED - 1]
    return [*shown, f"and {len(seats) - len(shown)} more"]


def room_frame(
    places: Places, seats: Sequence[str], levers: int, *, is_open: bool, caption: str
) -> NDArray[np.uint8]:
    """Return the room as pixels. Every seat is a disc, which is smaller the more there are."""
    canvas = Canvas(WIDTH, HEIGHT)
    _walls(canvas)
    present = {place: len(places[place]) for place in LEFT}
    _lever(canvas, down=present["lever"] >= levers)
    _door(canvas, is_open=is_open)
    titles = {
        "lever": f"lever  {present['lever']} of {levers}",
        "start": f"start  {present['start']}",
        "door": f"door  {present['door']}",
    }
    # A seat keeps its number and its colour wherever it goes.
    number = {seat: index for index, seat in enumerate(seats)}
    for place, title in titles.items():
        numbers = [number[seat] for seat in places[place]]
        _mat(canvas, LEFT[place], title)
        _crowd(canvas, numbers, (LEFT[place], CROWD_TOP))
    headline = "the door is closed"
    colour = RED
    if is_open:
        headline = "the door is open"
        colour = GREEN
    middle = WIDTH / 2
    canvas.text((middle, 32), headline, size=18, fill=colour)
    canvas.text((middle, HEIGHT - 25), caption, size=15)
    return canvas.pixels()


def _walls(canvas: Canvas) -> None:
    left = MARGIN
    right = WIDTH - MARGIN
    canvas.box(
        (left, WALL_TOP),
        (right, HEIGHT - 50),
        FLOOR,
        outline=WALL,
        radius=10,
    )
    canvas.box((left, WALL_TOP), (right, WALL_FOOT), WALL, radius=10)
    # The upper wall is round above only, so its lower corners are filled.
    canvas.box((left, WALL_FOOT - 12), (right, WALL_FOOT), WALL)


def _mat(canvas: Canvas, left: float, title: str) -> None:
    """Draw the floor of one place with its title."""
    canvas.box(
        (left, 146),
        (left + WIDE, HEIGHT - 64),
        MAT,
        outline=LINE,
        radius=8,
    )
    middle = left + WIDE / 2
    canvas.text((middle, 164), title, fill=MUTED)


def _lever(canvas: Canvas, *, down: bool) -> None:
    x = LEFT["lever"] + WIDE / 2
    y = 118
    tip = (x - 30, y - 34)
    colour = RED
    if down:
        tip = (x + 30, y - 22)
        colour = GOLD
    canvas.line([(x, y), tip], INK, wide=5)
    canvas.disc(tip, 8, colour)
    # The foot hides where the bar is fixed.
    foot = (x - 22, y - 6)
    opposite = (x + 22, y + 8)
    canvas.box(foot, opposite, INK, radius=5)


def _door(canvas: Canvas, *, is_open: bool) -> None:
    x = LEFT["door"] + WIDE / 2
    top = WALL_TOP + 8
    bottom = WALL_FOOT
    hinge = x - 30
    behind = LIGHT if is_open else INK
    canvas.box((hinge, top), (x + 30, bottom), behind)
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
        corner = (x - 26, top + 4)
        canvas.box(corner, (x + 26, bottom), WOOD)
        canvas.disc((x + 18, 104), 3.5, GOLD)


def _crowd(canvas: Canvas, numbers: Sequence[int], corner: tuple[float, float]) -> None:
    """Draw seats as a grid of discs that fills one place, numbered while they are large."""
    if not numbers:
        return
    count = len(numbers)
    left, top = corner
    high = HEIGHT - 72 - top
    # As many columns as make the cells of the grid nearly square.
    square_columns = math.sqrt(count * WIDE / high)
    columns = max(1, math.ceil(square_columns))
    rows = math.ceil(count / columns)
    pitch = min(LARGEST_PITCH, (WIDE - 12) / columns, high / rows)
    # The grid stands in the middle of its place.
    grid_width = pitch * (min(columns, count) - 1)
    grid_height = pitch * (rows - 1)
    x0 = left + (WIDE - grid_width) / 2
    y0 = top + (high - grid_height) / 2
    size = max(9, int(pitch * 0.34))
    for place, number in enumerate(numbers):
        row, column = divmod(place, columns)
        at = (x0 + pitch * column, y0 + pitch * row)
        colour = SEAT_COLOURS[number % len(SEAT_COLOURS)]
        canvas.disc(at, 0.42 * pitch, colour)
        if pitch >= 20:
            canvas.text(at, str(number), size=size, fill=WHITE)
