"""A registered game as a table, by playing it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.deals.money import micro
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.lint.normal_form import (
    MOST_PLAYS,
    NormalForm,
    PlayNumbers,
    Profile,
    ProfilePlay,
    Progress,
    plays_alone,
    profile_of,
    security,
    show_nothing,
)
from shapley_coop.negotiation.lint.units import PayoffTable, whole_kind
from shapley_coop.negotiation.procedure import raw_rewards
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import TOLERANCE, Line, Seat, Step

MICRO_DECIMALS = 6
"""Decimals of the millionths in which runs are settled."""
MOST_SEATS = 16
"""Seats up to which every profile is played, since an array has at most 32 axes, two a seat."""
MOST_STEPS = 100
"""Steps of a game up to which plans are written out, also where nobody has a choice."""
MOST_ALONE = 20_000
"""Plans of all seats together up to which each seat is played leaving the goal alone."""
_TOLD_EVERY = 256
"""Plays after which it is told again how many there were."""


def of_game(
    game: Game,
    goal: Mapping[Seat, Sequence[str]],
    seed: int = 0,
    progress: Progress = show_nothing,
) -> NormalForm:
    """Return a game as a table, by playing every profile of plans.

    Plans name every action of the game at every step. One that is not legal where it comes
    becomes the game's fallback. Outside options are the game's own where it knows them. Where
    profiles are too many, only those are played in which one seat alone leaves the goal.

    Args:
        game: any instance. It is left alone.
        goal: what seats are to do. Who has no line in it, or one that ends early, goes on as in
            the game's own plan of greatest total.
        seed: the seed of its dice.
        progress: is told of the plays.

    Raises:
        ConfigError: there are too many profiles, chance decides how the game goes, actions take
            texts, or the game knows no plan.
    """
    _require_countable(game)
    opening = game.fresh()
    secure = [_secure_units(opening, seat) for seat in game.seats]
    is_whole = len(game.seats) <= MOST_SEATS and _fits(
        game, len(game.seats), MOST_PLAYS
    )
    if not is_whole:
        _require_comparable_alone(game, None not in secure)
    # Asked after the counting, since the plan of a long game is as long as the game.
    goal = _with_own_plan(opening, goal)
    lines = tuple(product(game.actions, repeat=game.horizon))
    plans = (lines,) * len(game.seats)
    wanted = profile_of(game.seats, plans, _whole_lines(game, goal))
    total = len(lines) ** len(game.seats) if is_whole else len(lines) * len(game.seats)
    plays = _Plays(game, seed, progress, total)
    cells = None
    try:
        if is_whole:
            cells = plays.of_all()
            alone = plays_alone(cells, wanted)
        else:
            alone = plays.of_each_alone(lines, wanted)
    except GameError as error:
        raise ConfigError(f"{game.name} cannot be compared: {error}") from error
    table = _table(game, plays.known)
    outside = []
    for player, known in enumerate(secure):
        sure = security(table.units[cells], player) if known is None else known
        outside.append(sure)
    return NormalForm(
        seats=game.seats,
        plans=plans,
        goal=wanted,
        table=table,
        play=plays.known.__getitem__,
        alone=alone,
        cells=cells,
        outside=tuple(outside),
        noise=micro(TOLERANCE),
    )


def _require_countable(game: Game) -> None:
    if game.writes:
        raise ConfigError(
            f"{game.name} cannot be written as a table: its actions take texts, which nobody "
            "can go through",
            field="game.id",
        )
    # One action has one line, but of any length.
    if len(game.actions) == 1 and game.horizon > MOST_STEPS:
        raise ConfigError(
            f"{game.name} has {game.horizon:,} steps, and plans of at most {MOST_STEPS} are "
            "compared; choose fewer steps",
            field="game.id",
        )


def _require_comparable_alone(game: Game, has_outside_options: bool) -> None:
    """Refuse a game of too many profiles in which seats cannot be gone through alone either."""
    reason = ""
    if not has_outside_options:
        reason = "it does not say what each seat is sure of"
    elif not _fits(game, 1, MOST_ALONE // len(game.seats)):
        reason = f"its seats have more than {MOST_ALONE:,} plans"
    if reason:
        raise ConfigError(
            f"{game.name} has more than {MOST_PLAYS:,} profiles of plans or {MOST_SEATS} seats, "
            f"which is too many to compare them all, and {reason}, so that leaving alone cannot "
            "be compared either; choose fewer seats, steps or actions",
            field="game.id",
        )


def _secure_units(opening: Game, seat: Seat) -> int | None:
    secure = opening.security(seat)
    # Whoever can lose without end is sure of nothing, and of more in the plays that there are.
    if secure is None or math.isinf(secure.value):
        return None
    return micro(secure.value)


def _table(game: Game, plays: Sequence[ProfilePlay]) -> PayoffTable:
    # Runs are settled in millionths, and all that is said of them forgives the same noise.
    rows = [[micro(play.raw[seat]) for seat in game.seats] for play in plays]
    largest = max(abs(units) for row in rows for units in row)
    kind = whole_kind(largest, len(game.seats))
    return PayoffTable(np.array(rows, kind), MICRO_DECIMALS, exact=False)


def _with_own_plan(
    opening: Game, goal: Mapping[Seat, Sequence[str]]
) -> dict[Seat, Line]:
    """Return what every seat is to do, where needed by the game's own plan."""
    plan = opening.plan() or {}
    whole = {}
    for seat in opening.seats:
        line = tuple(goal.get(seat, ()))
        if not line and seat not in plan:
            raise ConfigError(
                f"{opening.name} knows no plan of greatest total; give clauses with a plan "
                f"for {seat}",
                field="clauses",
            )
        whole[seat] = (*line, *plan.get(seat, ())[len(line) :])
    return whole


def _fits(game: Game, seats: int, most: int) -> bool:
    """Return whether so many seats have at most so many profiles of plans."""
    # Counted before they are made: there may be more than a machine can hold.
    # Two actions to the power of the limit's digits are above it, and more need no counting.
    choices = min(game.horizon * seats, max(1, most).bit_length())
    return bool(len(game.actions) ** choices <= most)


def _whole_lines(game: Game, goal: Mapping[Seat, Sequence[str]]) -> dict[Seat, Line]:
    whole = {}
    for seat in game.seats:
        line = tuple(goal.get(seat, ()))
        # A plan may end before the horizon, and whatever is named after it is never played.
        rest = (game.actions[0],) * (game.horizon - len(line))
        whole[seat] = (*line, *rest)
    return whole


class _Deeds(NamedTuple):
    """What a seat can do now."""

    names: tuple[str, ...]
    """Each once. A seat that does not act has one without a name."""
    chosen: tuple[int, ...]
    """For each action of the game the number of what is done where a plan names it."""


class _Plays:
    """Plays a game under one seed and numbers the plays.

    Args:
        game: any instance. It is left alone.
        seed: the seed of its dice.
        progress: is told of the plays.
        total: how many there are at most.
    """

    def __init__(self, game: Game, seed: int, progress: Progress, total: int) -> None:
        self._game = game
        self._seed = seed
        self._progress = progress
        self._total = total
        self._stage = game.fresh()
        self._stage.start(seed)
        self.known: list[ProfilePlay] = []

    def of_all(self) -> PlayNumbers:
        """Return the play of every profile, (lines of seat 0, ..., lines of seat n-1)."""
        return self._from_here([], self._game.horizon)

    def _from_here(self, steps: Sequence[Step], left: int) -> PlayNumbers:
        """Return the play of every profile of lines of so many steps from here on."""
        stage = self._stage
        n, actions = len(self._game.seats), len(self._game.actions)
        if not stage.agents:
            number = self._add(stage, steps)
            return np.full((actions**left,) * n, number, np.int64)
        now = stage.snapshot()
        deeds = [self._deeds(seat) for seat in self._game.seats]
        counts = [len(own.names) for own in deeds]
        later = (actions ** (left - 1),) * n
        branches = np.empty((*counts, *later), np.int64)
        # What plans with equal deeds come to is played once.
        for joint in np.ndindex(*counts):
            named = {}
            for seat, own, number in zip(self._game.seats, deeds, joint, strict=True):
                if seat in now.agents:
                    named[seat] = own.names[number]
            stage.restore(now)
            step = stage.apply(named)
            branches[joint] = self._from_here([*steps, step], left - 1)
        by_action = branches[np.ix_(*(own.chosen for own in deeds))]
        # A line is its first action and what is left of it, so these axes go together.
        pairs = [axis for player in range(n) for axis in (player, n + player)]
        return by_action.transpose(pairs).reshape((actions**left,) * n)

    def _deeds(self, seat: Seat) -> _Deeds:
        stage = self._stage
        if seat not in stage.agents:
            return _Deeds(("",), (0,) * len(stage.actions))
        done = [stage.follow(seat, (action,), 0) for action in stage.actions]
        names = tuple(dict.fromkeys(done))
        return _Deeds(names, tuple(map(names.index, done)))

    def of_each_alone(
        self, lines: Sequence[Line], goal: Profile
    ) -> tuple[PlayNumbers, ...]:
        """Return for each seat the play of each of its lines while the others keep to the goal."""
        seats = self._game.seats
        kept = {seat: lines[number] for seat, number in zip(seats, goal, strict=True)}
        goal_play = self._add(*play_profile(self._game, self._seed, kept))
        alone = []
        for player, seat in enumerate(seats):
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
