"""One turn of the raid as a pure function of state, actions and dice.

The game plays by it, and the look-ahead plans by it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Reward = Literal["product", "difference"]
Skill = Literal["uniform", "gaussian"]

ACTIONS = ("fireball", "heal", "taunt", "pass")
ACTION_REWARDS = {"fireball": 2.0, "heal": 0.5, "taunt": 0.5, "pass": 0.0}
MAX_HEALTH = 400
BOSS_HEALTH_A_HERO = {1: 500, 2: 625, 3: 750}
FIREBALL, HEAL = (100, 150), (150, 200)
BLOW, TARGETS, TAUNTED_BLOW = 200, 2, 100
COOLDOWN = 3
ABSORBED = TARGETS * BLOW - TAUNTED_BLOW
WIN, LOSS = 100.0, -100.0


class Settings(NamedTuple):
    """The switches of a raid."""

    boss: int
    """The boss's health at the start."""
    horizon: int
    reward: Reward
    action_rewards: bool


class State(NamedTuple):
    """A battle between two turns, with heroes in seat order."""

    turn: int
    """Turns that were played."""
    boss: float
    """Health that the boss has left."""
    health: tuple[float, ...]
    """Health of every hero. The dead have 0."""
    cooldown: tuple[int, ...]
    """Turns until each hero can taunt."""


class Deeds(NamedTuple):
    """What one turn's actions did, with heroes in seat order."""

    damage: tuple[float, ...]
    healed: tuple[float, ...]
    """Points of each heal, also those beyond full health."""
    taunter: int | None
    """The hero whose taunt worked, if any."""
    absorbed: bool
    """Whether the taunter drew a blow."""
    struck: tuple[int, ...]
    """The heroes that the boss struck."""


@dataclass(frozen=True)
class Figures:
    """What one hero did so far, in points."""

    damage: float = 0.0
    healed: float = 0.0
    taunts: int = 0
    """Taunts that drew a blow."""

    @property
    def score(self) -> float:
        """Damage, healing (also beyond full health), and what taunts kept from the team."""
        return self.damage + self.healed + ABSORBED * self.taunts


@dataclass
class Battle:
    """The world of a raid: where it stands, what was done, and all of its dice."""

    state: State
    figures: tuple[Figures, ...]
    fireball: NDArray[np.int64]
    """Points of each fireball, (turns, heroes of the full raid)."""
    heal: NDArray[np.int64]
    """Points of each heal, of the same shape."""
    latest: Deeds | None = None
    """What the latest turn did. None means that no turn was played."""


def opening(boss: int, heroes: int) -> State:
    """Return the state before the first turn."""
    return State(0, boss, (MAX_HEALTH,) * heroes, (0,) * heroes)


def roll(
    rng: np.random.Generator,
    points: tuple[int, int],
    shape: tuple[int, int],
    skill: Skill,
) -> NDArray[np.int64]:
    """Return dice of a shape: uniform between two points, or normal of the same mean and spread."""
    low, high = points
    if skill == "uniform":
        return rng.integers(low, high + 1, shape)
    mean = (low + high) / 2
    # The standard deviation of a whole number that is uniform between low and high.
    values = high - low + 1
    spread = math.sqrt((values**2 - 1) / 12)
    rounded = rng.normal(mean, spread, shape).round()
    return np.maximum(rounded, 0).astype(np.int64)


def open_to(state: State, hero: int) -> tuple[str, ...]:
    """Return the actions of one hero.

    The dead can only pass, and nobody can heal where no other hero lives.
    """
    if state.health[hero] <= 0:
        return ("pass",)
    # Nobody can heal itself.
    patients = weakest(state.health, apart=hero)
    names = ["fireball"]
    if patients:
        names.append("heal")
    if state.cooldown[hero] == 0:
        names.append("taunt")
    return (*names, "pass")


def weakest(health: Sequence[float], apart: int = -1) -> list[int]:
    """Return the living heroes but `apart`, least health first, ties in seat order."""
    living = []
    for hero, points in enumerate(health):
        if points > 0 and hero != apart:
            living.append(hero)
    return sorted(living, key=health.__getitem__)


def play_turn(
    state: State,
    actions: Sequence[str],
    fireball: Sequence[float],
    heal: Sequence[float],
) -> tuple[State, Deeds]:
    """Return the state after a turn and what was done in it.

    Args:
        state: before the turn.
        actions: one legal action a hero.
        fireball: the damage of each hero's fireball, should it throw one.
        heal: the points of each hero's heal. What exceeds full health is lost.
    """
    health = list(state.health)
    damage = [0.0] * len(actions)
    healed = [0.0] * len(actions)
    taunter: int | None = None
    # In seat order, since an earlier heal decides who is weakest at a later one.
    for hero, action in enumerate(actions):
        if action == "fireball":
            damage[hero] = fireball[hero]
        elif action == "heal":
            patient = weakest(health, hero)[0]
            health[patient] = min(MAX_HEALTH, health[patient] + heal[hero])
            healed[hero] = heal[hero]
        elif action == "taunt" and taunter is None:
            taunter = hero
    boss = state.boss - sum(damage)
    struck: list[int] = []
    # A boss that is dead no longer strikes.
    if boss > 0:
        struck = _strike(health, taunter)
    # Cooldowns fall before the taunt of this turn sets a new one.
    cooldown = [max(0, turns - 1) for turns in state.cooldown]
    if taunter is not None:
        cooldown[taunter] = COOLDOWN - 1
    after = State(
        turn=state.turn + 1,
        boss=max(0, boss),
        health=tuple(health),
        cooldown=tuple(cooldown),
    )
    deeds = Deeds(
        damage=tuple(damage),
        healed=tuple(healed),
        taunter=taunter,
        absorbed=taunter is not None and boss > 0,
        struck=tuple(struck),
    )
    return after, deeds


def _strike(health: list[float], taunter: int | None) -> list[int]:
    """Take the boss's blow from `health` and return the heroes that it struck."""
    if taunter is not None:
        health[taunter] = max(0, health[taunter] - TAUNTED_BLOW)
        return [taunter]
    struck = weakest(health)[:TARGETS]
    for hero in struck:
        health[hero] = max(0, health[hero] - BLOW)
    return struck


def is_won(state: State) -> bool:
    """Return whether the boss is dead."""
    return state.boss <= 0


def is_over(state: State, horizon: int) -> bool:
    """Return whether the battle is over: won, all dead, or no turn left."""
    return is_won(state) or state.turn >= horizon or not any(state.health)


def team_reward(state: State, settings: Settings) -> float:
    """Return what the team gets when the battle has ended in `state`."""
    if not is_won(state):
        return LOSS
    fallen = sum(points <= 0 for points in state.health)
    dead = fallen / len(state.health)
    # The paper's formula and that of its code, which also counts turns from 0.
    if settings.reward == "product":
        return WIN * (1 - dead) * (1 - state.turn / settings.horizon)
    return WIN * (1 - dead - (state.turn - 1) / settings.horizon)
