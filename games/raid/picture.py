"""How a raid looks, as text and as pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from games.raid.rules import MAX_HEALTH, Deeds, State
from games.raid.views import points_by_seat
from shapley_coop.interfaces.drawing import (
    GREEN,
    INK,
    LINE,
    MUTED,
    RED,
    SEAT_COLOURS,
    WHITE,
    Canvas,
)

WIDE = 20
ROW, LEFT, WIDTH = 44, 150, 640
LINE_HEIGHT = 24


def deeds_text(deeds: Deeds | None, seats: Sequence[str]) -> list[str]:
    """Return what the latest turn did, a line a deed."""
    if deeds is None:
        return ["the battle begins"]
    lines = []
    for seat, points in points_by_seat(deeds.damage, seats).items():
        lines.append(f"{seat} deals {points:g}")
    for seat, points in points_by_seat(deeds.healed, seats).items():
        lines.append(f"{seat} heals {points:g}")
    if deeds.taunter is not None:
        lines.append(f"{seats[deeds.taunter]} taunts")
    if deeds.struck:
        names = [seats[hero] for hero in deeds.struck]
        lines.append(f"the boss strikes {' and '.join(names)}")
    return lines


def raid_text(state: State, most: float, seats: Sequence[str]) -> str:
    """Return a bar for the boss and one a hero."""
    name = max(len("boss"), *map(len, seats))
    bar = _bar(state.boss, most)
    lines = [f"{'boss':<{name}} {bar} {state.boss:g}/{most:g}"]
    for seat, health, wait in zip(seats, state.health, state.cooldown, strict=True):
        note = ""
        if health <= 0:
            note = "  dead"
        elif wait:
            note = f"  taunt in {wait}"
        bar = _bar(health, MAX_HEALTH)
        points = f"{health:g}/{MAX_HEALTH}"
        lines.append(f"{seat:<{name}} {bar} {points}{note}")
    return "\n".join(lines)


def raid_frame(
    state: State, most: float, seats: Sequence[str], lines: Sequence[str]
) -> NDArray[np.uint8]:
    """Return the battle drawn as pixels: health bars, and below them `lines` of the latest turn."""
    # A row for the boss and one for each hero.
    bars = ROW * (len(seats) + 1)
    texts = LINE_HEIGHT * (len(lines) + 1)
    canvas = Canvas(WIDTH, bars + texts + 24)
    _row(canvas, 0, "boss", state.boss, most, RED)
    for hero, seat in enumerate(seats):
        _hero(canvas, hero, seat, state)
    for number, line in enumerate(lines):
        canvas.text((24, bars + 18 + LINE_HEIGHT * number), line, anchor="lm")
    return canvas.pixels()


def _hero(canvas: Canvas, hero: int, seat: str, state: State) -> None:
    # The boss has the first row.
    row = hero + 1
    middle = ROW * row + ROW / 2
    health, wait = state.health[hero], state.cooldown[hero]
    colour = SEAT_COLOURS[hero % len(SEAT_COLOURS)]
    canvas.disc((24, middle), 9, colour)
    _row(canvas, row, seat, health, MAX_HEALTH, GREEN)
    # The dead wait for nothing.
    if wait and health > 0:
        note = f"taunt in {wait}"
        canvas.text((WIDTH - 14, middle), note, fill=MUTED, anchor="rm")


def _row(
    canvas: Canvas,
    row: int,
    name: str,
    health: float,
    most: float,
    fill: tuple[int, int, int],
) -> None:
    middle, right = ROW * row + ROW / 2, WIDTH - 210
    top, bottom = middle - 10, middle + 10
    colour = INK if health > 0 else MUTED
    canvas.text((LEFT - 12, middle), name, fill=colour, anchor="rm")
    canvas.box((LEFT, top), (right, bottom), WHITE, outline=LINE, radius=4)
    if health > 0:
        end = LEFT + (right - LEFT) * health / most
        canvas.box((LEFT, top), (end, bottom), fill, radius=4)
    points = f"{health:g}/{most:g}"
    canvas.text((right + 12, middle), points, fill=MUTED, anchor="lm")


def _bar(health: float, most: float) -> str:
    full = round(WIDE * health / most)
    empty = WIDE - full
    return f"[{'#' * full}{'.' * empty}]"
