"""The best joint turn of a raid found by look-ahead: every way to begin, then a sound habit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from games.raid.rules import (
    ACTION_REWARDS,
    FIREBALL,
    HEAL,
    LOSS,
    TAUNTED_BLOW,
    Settings,
    State,
    is_over,
    is_won,
    open_to,
    play_turn,
    team_reward,
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
    # Fine differences in health seldom change a plan, and rough states come up again.
    rough = state._replace(boss=-(-state.boss // GRAIN) * GRAIN)
    return _advise(rough, settings)


# Seats of one raid ask about the same states, and so do all draws of the oracle.
@lru_cache(maxsize=1 << 16)
def _advise(state: State, settings: Settings) -> tuple[str, ...]:
    def promise(actions: tuple[str, ...]) -> float:
        return _promise(state, actions, settings)

    return max(_beginnings(state), key=promise)


def _promise(state: State, actions: tuple[str, ...], settings: Settings) -> float:
    """Return the mean team reward over scenarios. Of losses, that with least boss left is best."""
    endings = [_ending(state, actions, settings, luck) for luck in SCENARIOS]
    return sum(endings) / len(SCENARIOS)


def _ending(
    state: State, actions: tuple[str, ...], settings: Settings, luck: float
) -> float:
    heroes = len(state.health)
    fireball = (luck * sum(FIREBALL) / 2,) * heroes
    heal = (sum(HEAL) / 2,) * heroes
    payments = 0.0
    while True:
        if settings.action_rewards:
            payments += sum(ACTION_REWARDS[action] for action in actions)
        state, _ = play_turn(state, actions, fireball, heal)
        if is_over(state, settings.horizon):
            break
        actions = _habit(state, fireball[0])
    if is_won(state):
        return payments + team_reward(state, settings)
    # All losses pay the same, so a plan needs to know which of them was nearly a win.
    shortfall = state.boss / settings.boss
    return payments + LOSS * (1 + shortfall)


def _habit(state: State, fireball: float) -> tuple[str, ...]:
    """Return the turn of the rule of thumb: the healthiest taunts unless fire ends it now."""
    living = [hero for hero, points in enumerate(state.health) if points > 0]
    actions = ["pass"] * len(state.health)
    for hero in living:
        actions[hero] = "fireball"
    able = [hero for hero in living if state.cooldown[hero] == 0]
    fire_ends_it = len(living) * fireball >= state.boss
    if able and not fire_ends_it:
        best = max(able, key=state.health.__getitem__)
        survives = state.health[best] > TAUNTED_BLOW
        if survives or len(living) == 1:
            actions[best] = "taunt"
    return tuple(actions)


def _beginnings(state: State) -> Iterator[tuple[str, ...]]:
    """Yield joint turns, one of those that differ only by which of two like heroes does what."""
    heroes = range(len(state.health))
    taunters: dict[float, int | None] = {}
    # Heroes of equal health are alike, and the first of them in seat order stands for all.
    for hero in reversed(heroes):
        if "taunt" in open_to(state, hero):
            taunters[state.health[hero]] = hero
    for taunter in (None, *taunters.values()):
        others = [hero for hero in heroes if hero != taunter]
        healers = [hero for hero in others if "heal" in open_to(state, hero)]
        healers.sort(key=lambda hero: (-state.health[hero], -hero))
        for count in range(min(MOST_HEALERS, len(healers)) + 1):
            yield _joint(state, taunter, healers[:count])


def _joint(
    state: State, taunter: int | None, healers: Sequence[int]
) -> tuple[str, ...]:
    """Return the joint turn of a taunter and some healers, where all others throw fireballs."""
    actions = []
    for hero, points in enumerate(state.health):
        if points <= 0:
            actions.append("pass")
        elif hero == taunter:
            actions.append("taunt")
        elif hero in healers:
            actions.append("heal")
        else:
            actions.append("fireball")
    return tuple(actions)
