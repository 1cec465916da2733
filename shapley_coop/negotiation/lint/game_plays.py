"""The plays of a registered game by profiles of plans, each played once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.lint.normal_form import (
    PlayNumbers,
    Profile,
    ProfilePlay,
    Progress,
)
from shapley_coop.negotiation.procedure import raw_rewards
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import Line, Seat, Step

_TOLD_EVERY = 256
"""Plays after which it is told again how many there were."""
Offers = Sequence[Sequence[Sequence[str]]]
"""What each seat may be offered at each step."""


class _Deeds(NamedTuple):
    """What a seat can do now."""

    names: tuple[str, ...]
    """Each once. A seat that does not act has one without a name."""
    chosen: tuple[int, ...]
    """For each action that is offered the number of what is done where a plan names it."""


class GamePlays:
    """Plays a game under one seed and numbers the plays.

    Args:
        game: any instance. It is left alone.
        offers: what each seat may be offered at each step.
        seed: the seed of its dice.
        progress: is told of the plays.
        total: how many there are at most.
    """

    def __init__(
        self, game: Game, offers: Offers, seed: int, progress: Progress, total: int
    ) -> None:
        self._game = game
        self._offers = offers
        self._seed = seed
        self._progress = progress
        self._total = total
        self._stage = game.fresh()
        self._stage.start(seed)
        self.known: list[ProfilePlay] = []

    def of_all(self) -> PlayNumbers:
        """Return the play of every profile, (lines of seat 0, ..., lines of seat n-1)."""
        return self._from_here([], 0)

    def _from_here(self, steps: Sequence[Step], at: int) -> PlayNumbers:
        """Return the play of every profile of lines from a step on."""
        stage = self._stage
        shape = self._shape(at)
        if not stage.agents:
            number = self._add(stage, steps)
            return np.full(shape, number, np.int64)
        now = stage.snapshot()
        deeds = [
            self._deeds(seat, own[at])
            for seat, own in zip(self._game.seats, self._offers, strict=True)
        ]
        counts = [len(own.names) for own in deeds]
        branches = np.empty((*counts, *self._shape(at + 1)), np.int64)
        # What plans with equal deeds come to is played once.
        for joint in np.ndindex(*counts):
            named = {}
            for seat, own, number in zip(self._game.seats, deeds, joint, strict=True):
                if seat in now.agents:
                    named[seat] = own.names[number]
            stage.restore(now)
            step = stage.apply(named)
            branches[joint] = self._from_here([*steps, step], at + 1)
        by_action = branches[np.ix_(*(own.chosen for own in deeds))]
        # A line is its first action and what is left of it, so these axes go together.
        n = len(deeds)
        pairs = [axis for player in range(n) for axis in (player, n + player)]
        return by_action.transpose(pairs).reshape(shape)

    def _shape(self, at: int) -> tuple[int, ...]:
        """Return how many lines each seat has from a step on."""
        return tuple(math.prod(map(len, own[at:])) for own in self._offers)

    def _deeds(self, seat: Seat, offered: Sequence[str]) -> _Deeds:
        stage = self._stage
        if seat not in stage.agents:
            return _Deeds(("",), (0,) * len(offered))
        done = [stage.follow(seat, (action,), 0) for action in offered]
        names = tuple(dict.fromkeys(done))
        return _Deeds(names, tuple(map(names.index, done)))

    def of_each_alone(
        self, plans: Sequence[Sequence[Line]], goal: Profile
    ) -> tuple[PlayNumbers, ...]:
        """Return for each seat the play of each of its lines while the others keep to the goal."""
        seats = self._game.seats
        kept = {}
        for seat, lines, number in zip(seats, plans, goal, strict=True):
            kept[seat] = lines[number]
        goal_play = self._add(*play_profile(self._game, self._seed, kept))
        alone = []
        for player, (seat, lines) in enumerate(zip(seats, plans, strict=True)):
            numbers = np.full(len(lines), goal_play, np.int64)
            for number, line in enumerate(lines):
                if number != goal[player]:
                    profile = {**kept, seat: line}
                    end = play_profile(self._game, self._seed, profile)
                    numbers[number] = self._add(*end)
            alone.append(numbers)
        return tuple(alone)

    def _add(self, end: Game, steps: Sequence[Step]) -> int:
        if end.drew_chance:
            raise ConfigError(
                f"chance decides how {end.name} goes, so fixed plans cannot be compared"
            )
        raw = raw_rewards(self._game.seats, steps)
        play = ProfilePlay(tuple(steps), tuple(sorted(end.outcomes())), raw)
        self.known.append(play)
        count = len(self.known)
        if count % _TOLD_EVERY == 0:
            self._progress("plays", count, self._total)
        return count - 1
