"""A game as a table: what every seat gets for every choice of plans, with the plays behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError, GameError
from shapley_coop.interfaces.deals.money import micro
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.lint.units import PayoffTable, Units, unit_table
from shapley_coop.negotiation.procedure import raw_rewards
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import TOLERANCE, Line, Seat, Step

MOST_PLAYS = 100_000
"""Profiles of plans up to which a game is written as a table."""

MICRO_DECIMALS = 6
"""Decimals of the millionths in which runs are settled."""

Profile = tuple[int, ...]
"""The number of each seat's plan, in the order of the seats."""


class ProfilePlay(NamedTuple):
    """How one profile of plans plays out."""

    steps: tuple[Step, ...]
    outcomes: tuple[str, ...]
    raw: dict[Seat, float]
    """What the game pays each seat."""


@dataclass(frozen=True)
class NormalForm:
    """A finite game in which every seat fixes a plan of actions in advance."""

    seats: tuple[Seat, ...]
    plans: tuple[tuple[Line, ...], ...]
    """What each seat can choose from, in the order of the seats. In a game of one step a plan is
    one action."""
    table: PayoffTable
    """(profiles, n) what the game pays, in the order of `profiles`."""
    play: Callable[[int], ProfilePlay]
    """The number of a profile, in the order of `profiles`, to how it plays out."""
    outcomes: frozenset[str]
    """What some play ends with."""
    outside: tuple[int, ...]
    """What each seat gets by itself if there is no deal, in units of the table."""
    noise: int = 0
    """Units of the table by which payoffs may be off, whatever their size."""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many plans each seat has."""
        return tuple(len(plans) for plans in self.plans)

    def profiles(self) -> Iterator[Profile]:
        """Yield every profile, the last seat's plan changing fastest."""
        return product(*(range(count) for count in self.shape))

    def raw(self) -> Units:
        """Return what the game pays, (plans of seat 0, ..., plans of seat n-1, n) units."""
        return self.table.units.reshape(*self.shape, len(self.seats))

    def profile_of(self, lines: Mapping[Seat, Sequence[str]]) -> Profile:
        """Return the profile in which each seat follows its line.

        Raises:
            ConfigError: a seat has no line, or one that it cannot choose.
        """
        profile = []
        for seat, plans in zip(self.seats, self.plans, strict=True):
            line = tuple(lines.get(seat, ()))
            if line not in plans:
                some = ", ".join(" ".join(plan) for plan in plans[:8])
                raise ConfigError(
                    f"the goal gives {seat} {' '.join(line) or 'nothing'!r}; it can do: {some}",
                    field="goal",
                )
            profile.append(plans.index(line))
        return tuple(profile)


def security(raw: Units, player: int) -> int:
    """Return what a player can be sure of alone, in pure strategies (its maximin payoff).

    Args:
        raw: (plans of each player, n) payoffs in units.
        player: its number.
    """
    own_first = np.moveaxis(raw[..., player], player, 0)
    worst = own_first.reshape(own_first.shape[0], -1).min(axis=1)
    return int(worst.max())


def of_table(
    seats: Sequence[Seat],
    actions: Sequence[Sequence[str]],
    payoffs: NDArray[np.float64],
    goal: Mapping[Seat, str],
) -> NormalForm:
    """Return a game of one step that is given by its payoffs.

    The outcome `goal` holds where all seats do their part of the goal. Outside options are what
    each seat can be sure of alone.

    Args:
        seats: the n seats.
        actions: the actions of each seat.
        payoffs: (actions of each seat, n) rewards.
        goal: one action for each seat.
    """
    n = len(seats)
    shape = payoffs.shape[:-1]
    rewards = payoffs.reshape(-1, n)
    table = unit_table(rewards)
    units = table.units.reshape(payoffs.shape)

    def play(row: int) -> ProfilePlay:
        cell = [int(number) for number in np.unravel_index(row, shape)]
        joint = {seat: actions[i][cell[i]] for i, seat in enumerate(seats)}
        raw = dict(zip(seats, rewards[row].tolist(), strict=True))
        outcomes = ("goal",) if joint == goal else ()
        return ProfilePlay((Step(actions=joint, rewards=raw),), outcomes, raw)

    return NormalForm(
        seats=tuple(seats),
        plans=tuple(tuple((action,) for action in own) for own in actions),
        table=table,
        play=play,
        outcomes=frozenset(("goal",)),
        outside=tuple(security(units, player) for player in range(n)),
    )


def of_game(game: Game, seed: int = 0) -> NormalForm:
    """Return a game as a table, by playing every profile of plans.

    Plans name every action of the game at every step. One that is not legal where it comes
    becomes the game's fallback. Outside options are the game's own where it knows them.

    Args:
        game: any instance. It is left alone.
        seed: the seed of its dice.

    Raises:
        ConfigError: there are too many profiles, chance decides how the game goes, or actions
            take texts.
    """
    if game.writes:
        raise ConfigError(
            f"{game.name} cannot be written as a table: its actions take texts, which nobody "
            "can go through",
            field="game.id",
        )
    # Counted before they are made: there may be more than a machine can hold.
    # Two actions to the power of the limit's digits are above it, and more need no counting.
    choices = min(game.horizon * len(game.seats), MOST_PLAYS.bit_length())
    if len(game.actions) ** choices > MOST_PLAYS:
        raise ConfigError(
            f"{game.name} has more than {MOST_PLAYS:,} profiles of plans, which is the most that "
            "can be compared; choose fewer seats, steps or actions",
            field="game.id",
        )
    lines = tuple(product(game.actions, repeat=game.horizon))
    plays = []
    outcomes: set[str] = set()
    for chosen in product(lines, repeat=len(game.seats)):
        profile = dict(zip(game.seats, chosen, strict=True))
        try:
            end, steps = play_profile(game, seed, profile)
        except GameError as error:
            raise ConfigError(f"{game.name} cannot be compared: {error}") from error
        if end.drew_chance:
            raise ConfigError(
                f"chance decides how {game.name} goes, so fixed plans cannot be compared"
            )
        raw = raw_rewards(game.seats, steps)
        plays.append(ProfilePlay(steps, tuple(sorted(end.outcomes())), raw))
        outcomes.update(plays[-1].outcomes)
    # Runs are settled in millionths, and all that is said of them forgives the same noise.
    rows = [[micro(play.raw[seat]) for seat in game.seats] for play in plays]
    table = PayoffTable(np.array(rows, np.int64), MICRO_DECIMALS, exact=False)
    plans = (lines,) * len(game.seats)
    shape = (len(lines),) * len(game.seats)
    units = table.units.reshape(*shape, len(game.seats))
    opening = game.fresh()
    outside = []
    for number, seat in enumerate(game.seats):
        secure = opening.security(seat)
        known = None if secure is None else secure.value
        sure = security(units, number) if known is None else micro(known)
        outside.append(sure)
    return NormalForm(
        seats=game.seats,
        plans=plans,
        table=table,
        play=plays.__getitem__,
        outcomes=frozenset(outcomes),
        outside=tuple(outside),
        noise=micro(TOLERANCE),
    )
