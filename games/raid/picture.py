"""How a raid looks, as text and as pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from games.raid.rules import MAX_HEALTH, Deeds, State
from shapley_coop.interfaces.drawing import (
    GREEN,
    INK,
    LINE,
    MUTED,
    RED,
    SEAT_COLOURS,
    Canvas,
)

WIDE = 20
ROW, LEFT, WIDTH = 44, 150, 640


def deeds_text(deeds: Deeds | None, seats: Sequence[str]) -> list[str]:
    """Return what the latest turn did, a line a deed."""
    if deeds is None:
        return ["the battle begins"]
    lines = [f"{s} deals {p:g}" for s, p in zip(seats, deeds.damage, strict=True) if p]
    lines += [f"{s} heals {p:g}" for s, p in zip(seats, deeds.healed, strict=True) if p]
    if deeds.taunter is not None:
        lines.append(f"{seats[deeds.taunter]} taunts")
    if deeds.struck:
        lines.append(f"the boss strikes {' and '.join(seats[i] for i in deeds.struck)}")
    return lines


def deeds_facts(deeds: Deeds | None, seats: Sequence[str]) -> dict[str, object]:
    """Return what the latest turn did as JSON values, empty before the first."""
    if deeds is None:
        return {}
    return {
        "damage": {s: p for s, p in zip(seats, deeds.damage, strict=True) if p},
        "healed": {s: p for s, p in zip(seats, deeds.healed, strict=True) if p},
        "taunted": None if deeds.taunter is None else seats[deeds.taunter],
        "struck": [seats[i] for i in deeds.struck],
    }


def raid_text(state: State, most: float, seats: Sequence[str]) -> str:
    """Return a bar for the boss and one a hero."""
    name = max(len("boss"), *map(len, seats))
    lines = [f"{'boss':<{name}} {_bar(state.boss, most)} {state.boss:g}/{most:g}"]
    for seat, health, wait in zip(seats, state.health, state.cooldown, strict=True):
        note = "  dead" if health <= 0 else f"  taunt in {wait}" if wait else ""
        bar = _bar(health, MAX_HEALTH)
        lines.append(f"{seat:<{name}} {bar} {health:g}/{MAX_HEALTH}{note}")
    return "\n".join(lines)


def raid_frame(
    state: State, most: float, seats: Sequence[str], said: Sequence[str]
) -> NDArray[np.uint8]:
    """Return the battle drawn: health bars, and the latest turn below them."""
    canvas = Canvas(WIDTH, ROW * (len(seats) + 1) + 24 * (len(said) + 1) + 24)
    _row(canvas, 0, "boss", state.boss, most, RED)
    for i, (seat, health, wait) in enumerate(
        zip(seats, state.health, state.cooldown, strict=True), start=1
    ):
        canvas.disc(
            (24, ROW * i + ROW / 2), 9, SEAT_COLOURS[(i - 1) % len(SEAT_COLOURS)]
        )
        _row(canvas, i, seat, health, MAX_HEALTH, GREEN)
        if wait and health > 0:
            canvas.text(
                (WIDTH - 14, ROW * i + ROW / 2),
                f"taunt in {wait}",
                fill=MUTED,
                anchor="rm",
            )
    top = ROW * (len(seats) + 1) + 18
    for i, line in enumerate(said):
        canvas.text((24, top + 24 * i), line, anchor="lm")
    return canvas.pixels()


def _row(
    canvas: Canvas,
    row: int,
    name: str,
    health: float,
    most: float,
    fill: tuple[int, int, int],
) -> None:
    middle, right = ROW * row + ROW / 2, WIDTH - 210
    canvas.text(
        (LEFT - 12, middle), name, fill=INK if health > 0 else MUTED, anchor="rm"
    )
    canvas.box(
        (LEFT, middle - 10),
        (right, middle + 10),
        (255, 255, 255),
        outline=LINE,
        radius=4,
    )
    if health > 0:
        end = LEFT + (right - LEFT) * health / most
        canvas.box((LEFT, middle - 10), (end, middle + 10), fill, radius=4)
    canvas.text((right + 12, middle), f"{health:g}/{most:g}", fill=MUTED, anchor="lm")


def _bar(health: float, most: float) -> str:
    full = round(WIDE * health / most)
    return "[" + "#" * full + "." * (WIDE - full) + "]"
