"""One turn of the raid as a pure function of state, actions and dice; the game and plans use it."""

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
    """The switches of a raid; `boss` is its health at the start."""

    boss: int
    horizon: int
    reward: Reward
    action_rewards: bool


class State(NamedTuple):
    """A battle between two turns, heroes in seat order; `turn` counts from 0."""

    turn: int
    boss: float
    health: tuple[float, ...]
    cooldown: tuple[int, ...]


class Deeds(NamedTuple):
    """What one turn's actions did: points a hero, and who drew the boss's blow."""

    damage: tuple[float, ...]
    healed: tuple[float, ...]
    taunter: int | None
    absorbed: bool
    struck: tuple[int, ...]


@dataclass(frozen=True)
class Figures:
    """What one hero did so far, in points; `taunts` counts those that drew a blow."""

    damage: float = 0.0
    healed: float = 0.0
    taunts: int = 0

    @property
    def score(self) -> float:
        """Damage, healing (also beyond full health), and what taunts kept from the team."""
        return self.damage + self.healed + ABSORBED * self.taunts


def opening(boss: int, heroes: int) -> State:
    """Return the state before the first turn."""
    return State(0, boss, (MAX_HEALTH,) * heroes, (0,) * heroes)


def rolled(
    rng: np.random.Generator,
    points: tuple[int, int],
    shape: tuple[int, int],
    skill: Skill,
) -> NDArray[np.int64]:
    """Return dice of a shape: uniform between two points, or normal of the same mean and spread."""
    low, high = points
    if skill == "uniform":
        return rng.integers(low, high + 1, shape)
    spread = math.sqrt(((high - low + 1) ** 2 - 1) / 12)
    drawn = rng.normal((low + high) / 2, spread, shape)
    return np.maximum(drawn.round(), 0).astype(np.int64)


def open_to(state: State, hero: int) -> tuple[str, ...]:
    """Return the actions of one hero: only `pass` once dead, no heal without another to heal."""
    if state.health[hero] <= 0:
        return ("pass",)
    others = any(points > 0 for i, points in enumerate(state.health) if i != hero)
    barred = {"heal": not others, "taunt": state.cooldown[hero] > 0}
    return tuple(action for action in ACTIONS if not barred.get(action, False))


def weakest(health: Sequence[float], apart: int = -1) -> list[int]:
    """Return the living heroes but `apart`, least health first, ties in seat order."""
    living = [i for i, points in enumerate(health) if points > 0 and i != apart]
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
        heal: the points of each hero's heal; what exceeds full health is lost.
    """
    health, damage, healed = (
        list(state.health),
        [0.0] * len(actions),
        [0.0] * len(actions),
    )
    taunter: int | None = None
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
    if boss > 0:
        struck = [taunter] if taunter is not None else weakest(health)[:TARGETS]
        for hero in struck:
            health[hero] = max(
                0, health[hero] - (BLOW if taunter is None else TAUNTED_BLOW)
            )
    cooldown = [max(0, left - 1) for left in state.cooldown]
    if taunter is not None:
        cooldown[taunter] = COOLDOWN - 1
    after = State(state.turn + 1, max(0, boss), tuple(health), tuple(cooldown))
    absorbed = taunter is not None and boss > 0
    return after, Deeds(tuple(damage), tuple(healed), taunter, absorbed, tuple(struck))


def won(state: State) -> bool:
    """Return whether the boss is dead."""
    return state.boss <= 0


def ended(state: State, horizon: int) -> bool:
    """Return whether the battle is over: won, all dead, or no turn left."""
    return won(state) or state.turn >= horizon or not any(state.health)


def team_reward(state: State, settings: Settings) -> float:
    """Return what the team gets when the battle has ended in `state`."""
    if not won(state):
        return LOSS
    dead = sum(points <= 0 for points in state.health) / len(state.health)
    if settings.reward == "product":
        return WIN * (1 - dead) * (1 - state.turn / settings.horizon)
    return WIN * (1 - dead - (state.turn - 1) / settings.horizon)
