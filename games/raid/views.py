"""What a hero sees of a raid: facts for prompts and reports, features for learners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from games.raid.rules import (
    ACTION_REWARDS,
    BLOW,
    COOLDOWN,
    FIREBALL,
    HEAL,
    MAX_HEALTH,
    TAUNTED_BLOW,
    Battle,
    Deeds,
    Settings,
)
from shapley_coop.records import Facts, Seat

SCORE_UNIT = 1000
"""Points of a hero's score that count as 1 among its features."""


def battle_facts(battle: Battle, settings: Settings, seats: Sequence[Seat]) -> Facts:
    """Return the rules as numbers, everybody's health and cooldown, and who did what."""
    state = battle.state
    heroes = {}
    for hero, seat in enumerate(seats):
        figures = battle.figures[hero]
        heroes[seat] = {
            "health": state.health[hero],
            "alive": state.health[hero] > 0,
            "taunt_in": state.cooldown[hero],
            "damage": figures.damage,
            "healed": figures.healed,
            "taunts": figures.taunts,
        }
    return {
        "boss": {"health": state.boss, "most": settings.boss},
        "heroes": heroes,
        "fireball": list(FIREBALL),
        "heal": list(HEAL),
        "most_health": MAX_HEALTH,
        "blow": BLOW,
        "taunted_blow": TAUNTED_BLOW,
        "reward": settings.reward,
        "action_rewards": ACTION_REWARDS if settings.action_rewards else {},
        "latest": deeds_facts(battle.latest, seats),
    }


def deeds_facts(deeds: Deeds | None, seats: Sequence[Seat]) -> Facts:
    """Return what the latest turn did as JSON values, empty before the first."""
    if deeds is None:
        return {}
    # Heroes are numbers in the rules and seats for everybody who looks at them.
    taunter = None if deeds.taunter is None else seats[deeds.taunter]
    return {
        "damage": points_by_seat(deeds.damage, seats),
        "healed": points_by_seat(deeds.healed, seats),
        "taunted": taunter,
        "struck": [seats[hero] for hero in deeds.struck],
    }


def points_by_seat(points: Sequence[float], seats: Sequence[Seat]) -> dict[Seat, float]:
    """Return the points of the heroes that have any."""
    return {seat: own for seat, own in zip(seats, points, strict=True) if own}


def battle_features(
    battle: Battle, settings: Settings, hero: int
) -> NDArray[np.float32]:
    """Return turns and boss left, then health, cooldown and score a hero, `hero` first."""
    state = battle.state
    rows = []
    for other, figures in enumerate(battle.figures):
        health = state.health[other] / MAX_HEALTH
        cooldown = state.cooldown[other] / (COOLDOWN - 1)
        score = figures.score / SCORE_UNIT
        rows.append((health, cooldown, score))
    # A policy that all heroes share needs to know which of the rows is its own.
    heroes = np.roll(np.array(rows, np.float32), -hero, axis=0)
    turns_left = 1 - state.turn / settings.horizon
    head = (turns_left, state.boss / settings.boss)
    return np.concatenate((head, heroes.ravel())).astype(np.float32)
