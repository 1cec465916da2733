"""The best joint turn of a raid found by look-ahead: every way to begin, then a sound habit."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from games.raid.rules import (
    ACTION_REWARDS,
    FIREBALL,
    HEAL,
    LOSS,
    TAUNTED_BLOW,
    Settings,
    State,
    ended,
    open_to,
    play_turn,
    team_reward,
    won,
)

SCENARIOS = (0.95, 1.0, 1.05)
"""Factors on mean damage that a plan is judged under: dice that are short, fair and good."""
GRAIN = 25
"""The boss's health is rounded up to this before planning, so that plans can be kept."""
MOST_HEALERS = 2


def advise(state: State, settings: Settings) -> tuple[str, ...]:
    """Return every hero's action of the best joint turn that the look-ahead finds.

    Each way to choose at most one taunter and two healers (all others throw fireballs) is played
    to the end by `_habit` with mean dice. O(heroes^2 * horizon) model turns.
    """
    rough = state._replace(boss=-(-state.boss // GRAIN) * GRAIN)
    return _advise(rough, settings)


@lru_cache(maxsize=1 << 16)
def _advise(state: State, settings: Settings) -> tuple[str, ...]:
    return max(
        _beginnings(state), key=lambda actions: _promise(state, actions, settings)
    )


def _promise(state: State, actions: tuple[str, ...], settings: Settings) -> float:
    """Return the mean team reward over scenarios; of losses, the one with least boss left."""
    return sum(_ending(state, actions, settings, luck) for luck in SCENARIOS) / len(
        SCENARIOS
    )


def _ending(
    state: State, actions: tuple[str, ...], settings: Settings, luck: float
) -> float:
    heroes = len(state.health)
    fireball = (luck * sum(FIREBALL) / 2,) * heroes
    heal = (sum(HEAL) / 2,) * heroes
    earned = 0.0
    while True:
        if settings.action_rewards:
            earned += sum(ACTION_REWARDS[action] for action in actions)
        state, _ = play_turn(state, actions, fireball, heal)
        if ended(state, settings.horizon):
            break
        actions = _habit(state, fireball[0])
    shortfall = state.boss / settings.boss
    return earned + (
        team_reward(state, settings) if won(state) else LOSS * (1 + shortfall)
    )


def _habit(state: State, fireball: float) -> tuple[str, ...]:
    """Return the turn of the rule of thumb: the healthiest taunts unless fire ends it now."""
    living = sum(points > 0 for points in state.health)
    actions = ["fireball" if points > 0 else "pass" for points in state.health]
    if living * fireball < state.boss:
        able = [
            i
            for i, points in enumerate(state.health)
            if points > 0 and not state.cooldown[i]
        ]
        if able:
            best = max(able, key=state.health.__getitem__)
            if state.health[best] > TAUNTED_BLOW or living == 1:
                actions[best] = "taunt"
    return tuple(actions)


def _beginnings(state: State) -> Iterator[tuple[str, ...]]:
    """Yield joint turns, one of those that differ only by which of two like heroes does what."""
    heroes = range(len(state.health))
    able: dict[float, int | None] = {
        state.health[i]: i for i in reversed(heroes) if "taunt" in open_to(state, i)
    }
    for taunter in (None, *able.values()):
        healers = [i for i in heroes if i != taunter and "heal" in open_to(state, i)]
        healers.sort(key=lambda i: (-state.health[i], -i))
        for count in range(min(MOST_HEALERS, len(healers)) + 1):
            chosen = set(healers[:count])
            yield tuple(
                "pass"
                if state.health[i] <= 0
                else "taunt"
                if i == taunter
                else "heal"
                if i in chosen
                else "fireball"
                for i in heroes
            )
