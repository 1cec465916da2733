"""What a coalition is worth, and how that number was obtained: oracle, replay, rollout, belief."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError, GameError
from shapley_coop.game import CoalitionWorth, CountWorth, Game, History
from shapley_coop.records import Absence, Coalition, Seat, Step

Worth = CoalitionWorth | CountWorth
Link = tuple[Seat, Seat]
Policy = Callable[[Game, Seat, Sequence[Step]], str]
"""Plays an absent seat: (the game now, the seat, the steps so far) to a legal action."""


def oracle(game: Game) -> Worth:
    """Return the game's own characteristic function.

    Raises:
        ConfigError: the game has none.
    """
    worth = game.oracle()
    if worth is None:
        raise ConfigError(
            f"{game.name} has no worth oracle; measure credit with worth.kind=replay or rollout"
        )
    return worth


def absence(game: Game, wanted: Absence | None) -> Absence:
    """Return the absence rule to use: the wanted one if the game supports it, else its first.

    Raises:
        ConfigError: the game does not support the wanted rule.
    """
    if wanted is None:
        return game.absences[0]
    if wanted not in game.absences:
        raise ConfigError(
            f"{game.name} has no absence rule {wanted!r}; it supports: {', '.join(game.absences)}"
        )
    return wanted


def replay(
    game: Game,
    seed: int,
    steps: Sequence[Step],
    *,
    rule: Absence,
    policy: Policy | None = None,
) -> Worth:
    """Return the worth of coalitions in a recorded episode, by playing it again without a model.

    The members of S repeat their recorded actions under the same seed; the absence rule plays the
    rest. v(S) is the total reward of every seat that exists in that game; with all seats removed
    none exists, so v(∅) = 0 there. A member whose record is used up, or whose recorded action is
    not legal there, takes its idle or secure action.

    Args:
        game: any instance of the game; it is left alone.
        seed: the seed that the episode was played under.
        steps: the recorded play.
        rule: `removed`, `idle` or `baseline`.
        policy: who plays absent seats under `baseline`.

    Raises:
        ConfigError: the rule needs a live model.
        GameError: the game does not repeat itself under its seed.
    """
    if rule == "swap":
        raise ConfigError("absence rule 'swap' needs live play; use worth.kind=rollout")
    if rule == "baseline" and policy is None:
        raise ConfigError("absence rule 'baseline' needs a policy; name one in worth.baseline")
    history = {seat: tuple(step.actions[seat] for step in steps) for seat in game.seats}
    again = _replayed(game, seed, history, frozenset(game.seats), rule, policy)
    strange = _first_difference(steps, again)
    if strange is not None:
        raise GameError(
            f"{game.name} does not repeat itself: the same actions under seed {seed} give other "
            f"rewards from step {strange} on, so replay credit would be noise. Use "
            f"worth.kind=rollout, or draw all chance of the game from its seed"
        )
    if rule == "removed":
        counted = game.replay_oracle(history)
        if counted is not None:
            return counted

    return repeated(game, seed, history, rule=rule, policy=policy)


def repeated(
    game: Game, seed: int, history: History, *, rule: Absence, policy: Policy | None = None
) -> CoalitionWorth:
    """Return the worth of coalitions that repeat any history; `replay` for a whole episode.

    Where the history stops before the game does, members go on by the game's fallback and absent
    seats stay absent, so v(S) of a prefix says what its actions alone have secured for S.
    """

    def value(coalition: Coalition) -> float:
        if rule == "removed" and not coalition:
            return 0.0
        return _pot(_replayed(game, seed, history, coalition, rule, policy))

    return memoised(game.seats, value)


def memoised(seats: Sequence[Seat], value: Callable[[Coalition], float]) -> CoalitionWorth:
    """Return a characteristic function that values each coalition once."""
    known: dict[bytes, float] = {}

    def values(matrix: NDArray[np.bool_]) -> NDArray[np.float64]:
        found = np.empty(len(matrix))
        for row, members in enumerate(matrix):
            key = np.packbits(members).tobytes()
            if key not in known:
                inside = frozenset(s for s, there in zip(seats, members, strict=True) if there)
                known[key] = value(inside)
            found[row] = known[key]
        return found

    return CoalitionWorth(tuple(seats), values)


async def rollout(
    seats: Sequence[Seat], play: Callable[[Coalition], Awaitable[float]], limit: int
) -> CoalitionWorth:
    """Return the worth of every coalition by live play, all coalitions at once.

    Args:
        seats: the n seats.
        play: plays a coalition under the episode's own seed (common random numbers) and returns
            the total reward.
        limit: most seats for which all 2^n coalitions are played.

    Raises:
        ConfigError: there are more seats than `limit`.
    """
    n = len(seats)
    if n > limit:
        raise ConfigError(
            f"rollout of all coalitions of {n} seats is 2^{n} live games; worth.exact_seats "
            f"allows {limit}. Use worth.kind=replay or oracle, or raise the limit"
        )
    coalitions = [frozenset(s for i, s in enumerate(seats) if k >> i & 1) for k in range(1 << n)]
    return tabled(seats, np.array(await asyncio.gather(*(play(c) for c in coalitions))))


def tabled(seats: Sequence[Seat], table: NDArray[np.float64]) -> CoalitionWorth:
    """Return the characteristic function of a table of 2^n values (bit i of the index = seat i)."""
    weights = 1 << np.arange(len(seats))
    return CoalitionWorth(tuple(seats), lambda matrix: table[matrix @ weights])


def expanded(worth: CountWorth, seats: Sequence[Seat]) -> CoalitionWorth:
    """Return a count-based worth as a function of coalitions."""
    kind_of = {seat: kind for kind, group in enumerate(worth.kinds) for seat in group}
    member = np.zeros((len(seats), len(worth.kinds)), np.int64)
    for row, seat in enumerate(seats):
        member[row, kind_of[seat]] = 1
    draws = worth.draws
    return CoalitionWorth(
        tuple(seats),
        lambda matrix: worth.values(matrix.astype(np.int64) @ member),
        None if draws is None else lambda matrix: draws(matrix.astype(np.int64) @ member),
    )


def communicating(worth: Worth, seats: Sequence[Seat], links: Sequence[Link]) -> CoalitionWorth:
    """Return the worth of coalitions whose members work together only where links connect them.

    v(S) is the sum of v over the connected parts of S (Myerson, 1977); its Shapley value is the
    Myerson value. `links` are unordered pairs of seats.
    """
    full = expanded(worth, seats) if isinstance(worth, CountWorth) else worth
    near: dict[Seat, set[Seat]] = {seat: set() for seat in seats}
    for one, other in links:
        near[one].add(other)
        near[other].add(one)

    def value(coalition: Coalition) -> float:
        parts, left = [], set(coalition)
        while left:
            part, edge = set[Seat](), {next(seat for seat in seats if seat in left)}
            while edge:
                part |= edge
                edge = set().union(*(near[seat] for seat in edge)) & left - part
            left -= part
            parts.append([seat in part for seat in seats])
        if not parts:
            parts = [[False] * len(seats)]
        return float(full.values(np.array(parts)).sum())

    return memoised(seats, value)


def _pot(steps: Sequence[Step]) -> float:
    return float(sum(sum(step.rewards.values()) for step in steps))


def _first_difference(recorded: Sequence[Step], again: Sequence[Step]) -> int | None:
    for number, (was, now) in enumerate(zip(recorded, again, strict=False)):
        if was.rewards != now.rewards:
            return number
    return None if len(recorded) == len(again) else min(len(recorded), len(again))


def _replayed(
    game: Game,
    seed: int,
    history: History,
    coalition: Coalition,
    rule: Absence,
    policy: Policy | None,
) -> list[Step]:
    members = [seat for seat in game.seats if seat in coalition]
    stage = game.restrict(members) if rule == "removed" else game.fresh()
    if stage is None:
        raise ConfigError(f"{game.name} cannot remove seats; it supports {game.absences}")
    stage.start(seed)
    steps: list[Step] = []
    while stage.agents:
        actions = {}
        for seat in stage.agents:
            if seat in coalition:
                actions[seat] = stage.follow(seat, history[seat], len(steps))
            elif rule == "baseline" and policy is not None:
                actions[seat] = policy(stage, seat, steps)
            else:
                actions[seat] = stage.idle or stage.fallback(seat)
        steps.append(stage.apply(actions))
    return steps
