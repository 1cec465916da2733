"""A raid in typed statements: the boss's health in tenths, every hero's health and cooldown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from games.raid.rules import COOLDOWN, MAX_HEALTH, State
from shapley_coop.records.statements import Domain, Statement, StatementKind

TENTHS = 10
"""A fireball's points are chance, so that the boss's health is stated in steps of about one."""


def raid_kinds(seats: Sequence[str]) -> tuple[StatementKind, ...]:
    """Return the kinds of statement about a raid."""
    boss: dict[str, Domain] = {"tenths": range(TENTHS + 1)}
    hero: dict[str, Domain] = {
        "name": tuple(seats),
        "health": range(MAX_HEALTH + 1),
        "taunt_in": range(COOLDOWN),
    }
    return (
        StatementKind("boss", "tenths of its health left, rounded up", boss),
        StatementKind(
            "hero", "health, and turns until it can taunt", hero, most=len(seats)
        ),
    )


def raid_statements(
    state: State, most: float, seats: Sequence[str]
) -> tuple[Statement, ...]:
    """Return a battle between two turns, where `most` is the boss's health at the start."""
    # Rounded up, so that 0 tenths always means that the boss is dead.
    tenths = math.ceil(TENTHS * state.boss / most)
    statements = [Statement("boss", {"tenths": tenths})]
    for name, health, wait in zip(seats, state.health, state.cooldown, strict=True):
        fields = {"name": name, "health": round(health), "taunt_in": wait}
        statements.append(Statement("hero", fields))
    return tuple(statements)
