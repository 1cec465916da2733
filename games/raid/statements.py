"""A raid as typed facts: the boss's health in tenths, every hero's health and cooldown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from games.raid.rules import COOLDOWN, MAX_HEALTH, State
from shapley_coop.records.statements import Domain, Statement, StatementKind

TENTHS = 10
"""A fireball's points are chance, so that the boss's health is told in steps of about one."""


def raid_kinds(seats: Sequence[str]) -> tuple[StatementKind, ...]:
    """Return the kinds of fact of a raid."""
    hero: dict[str, Domain] = {
        "name": tuple(seats),
        "health": range(MAX_HEALTH + 1),
        "taunt_in": range(COOLDOWN),
    }
    return (
        StatementKind(
            "boss",
            "tenths of its health left, rounded up",
            {"tenths": range(TENTHS + 1)},
        ),
        StatementKind(
            "hero", "health, and turns until it can taunt", hero, most=len(seats)
        ),
    )


def raid_facts(
    state: State, most: float, seats: Sequence[str]
) -> tuple[Statement, ...]:
    """Return a battle between two turns; `most` is the boss's health at the start."""
    heroes = [
        Statement("hero", {"name": name, "health": round(health), "taunt_in": wait})
        for name, health, wait in zip(seats, state.health, state.cooldown, strict=True)
    ]
    return (
        Statement("boss", {"tenths": math.ceil(TENTHS * state.boss / most)}),
        *heroes,
    )
