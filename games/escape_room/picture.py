"""How an escape room looks, as text and as pixels: a lever, a start, a door, and who is where."""

from __future__ import annotations

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
from shapley_coop.records.statements import Statement, StatementKind

Places = Mapping[str, Sequence[str]]
"""Seat names by place: `lever`, `start` and `door`."""

WIDTH, HEIGHT = 640, 380
FLOOR, WALL = (236, 228, 214), (186, 178, 166)
LEFT = {"lever": 48, "start": 238, "door": 428}
WIDE = 164


def place_kinds(seats: Sequence[str]) -> tuple[StatementKind, ...]:
    """Return the kinds of fact of a room."""
    stands = {"player": tuple(seats), "at": tuple(LEFT)}
    return (
        StatementKind(
            "place",
            "where a player stands, at start before it first moves",
            stands,
            most=len(seats),
        ),
        StatementKind("door", "whether the door is open", {"open": bool}),
    )


def place_facts(places: Places, *, is_open: bool) -> tuple[Statement, ...]:
    """Return who stands where, and the door."""
    stands = [
        Statement("place", {"player": seat, "at": place})
        for place in LEFT
        for seat in places[place]
    ]
    return (*stands, Statement("door", {"open": is_open}))


def room_text(places: Places, levers: int, *, is_open: bool, most: int = 6) -> str:
    """Return the room as three boxes side by side; long lists of seats are cut with a count."""
    heads = {
        "lever": f"LEVER {len(places['lever'])} of {levers}",
        "start": "START",
        "door": f"DOOR {'open' if is_open else 'closed'}",
    }
    columns = []
    for place, head in heads.items():
        names = list(places[place])
        shown = names if len(names) <= most else names[: most - 1]
        more = (
            [f"and {len(names) - len(shown)} more"] if len(shown) < len(names) else []
        )
        columns.append([head, *(shown or ["-"]), *more])
    wide = max(len(text) for column in columns for text in column)
    rule = "+" + "+".join(["-" * (wide + 2)] * 3) + "+"
    lines = [
        "| " + " | ".join(text.ljust(wide) for text in row) + " |"
        for row in _rows(columns, max(map(len, columns)))
    ]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule])


def room_frame(
    places: Places, seats: Sequence[str], levers: int, *, is_open: bool, caption: str
) -> NDArray[np.uint8]:
    """Return the room as pixels; every seat is a disc, smaller the more there are."""
    canvas = Canvas(WIDTH, HEIGHT)
    canvas.box((24, 58), (WIDTH - 24, HEIGHT - 50), FLOOR, outline=WALL, radius=10)
    canvas.box((24, 58), (WIDTH - 24, 132), WALL, radius=10)
    canvas.box((24, 120), (WIDTH - 24, 132), WALL)
    pulled = len(places["lever"]) >= levers
    _lever(canvas, pulled=pulled)
    _door(canvas, is_open=is_open)
    titles = {
        "lever": f"lever  {len(places['lever'])} of {levers}",
        "start": f"start  {len(places['start'])}",
        "door": f"door  {len(places['door'])}",
    }
    number = {seat: index for index, seat in enumerate(seats)}
    for place, title in titles.items():
        left = LEFT[place]
        canvas.box(
            (left, 146),
            (left + WIDE, HEIGHT - 64),
            (246, 240, 230),
            outline=LINE,
            radius=8,
        )
        canvas.text((left + WIDE / 2, 164), title, fill=MUTED)
        _crowd(canvas, [number[seat] for seat in places[place]], (left, 178))
    canvas.text(
        (WIDTH / 2, 32),
        "the door is open" if is_open else "the door is closed",
        size=18,
        fill=GREEN if is_open else RED,
    )
    canvas.text((WIDTH / 2, HEIGHT - 25), caption, size=15)
    return canvas.pixels()


def _rows(columns: Sequence[list[str]], high: int) -> list[tuple[str, ...]]:
    padded = [column + [""] * (high - len(column)) for column in columns]
    return list(zip(*padded, strict=True))


def _lever(canvas: Canvas, *, pulled: bool) -> None:
    x, y = LEFT["lever"] + WIDE / 2, 118
    tip = (x + 30, y - 22) if pulled else (x - 30, y - 34)
    canvas.line([(x, y), tip], INK, wide=5)
    canvas.disc(tip, 8, GOLD if pulled else RED)
    canvas.box((x - 22, y - 6), (x + 22, y + 8), INK, radius=5)


def _door(canvas: Canvas, *, is_open: bool) -> None:
    x, top, bottom = LEFT["door"] + WIDE / 2, 66, 132
    canvas.box((x - 30, top), (x + 30, bottom), (255, 246, 214) if is_open else INK)
    if is_open:
        canvas.area(
            [(x - 30, top), (x - 52, top + 9), (x - 52, bottom + 9), (x - 30, bottom)],
            WOOD,
        )
        canvas.disc((x - 47, 106), 2.5, GOLD)
    else:
        canvas.box((x - 26, top + 4), (x + 26, bottom), WOOD)
        canvas.disc((x + 18, 104), 3.5, GOLD)


def _crowd(canvas: Canvas, numbers: Sequence[int], corner: tuple[float, float]) -> None:
    """Draw seats as a grid of discs that fills one place, numbered while they are large."""
    if not numbers:
        return
    high = HEIGHT - 72 - corner[1]
    columns = max(1, math.ceil(math.sqrt(len(numbers) * WIDE / high)))
    rows = math.ceil(len(numbers) / columns)
    pitch = min(52.0, (WIDE - 12) / columns, high / rows)
    x0 = corner[0] + (WIDE - pitch * (min(columns, len(numbers)) - 1)) / 2
    y0 = corner[1] + (high - pitch * (rows - 1)) / 2
    for place, number in enumerate(numbers):
        at = (x0 + pitch * (place % columns), y0 + pitch * (place // columns))
        canvas.disc(at, 0.42 * pitch, SEAT_COLOURS[number % len(SEAT_COLOURS)])
        if pitch >= 20:
            canvas.text(
                at, str(number), size=max(9, int(pitch * 0.34)), fill=(255, 255, 255)
            )
