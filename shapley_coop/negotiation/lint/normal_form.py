"""A game as a table: what every seat gets for every choice of plans, with the plays behind it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.negotiation.lint.units import PayoffTable, Units, unit_table
from shapley_coop.records import Line, Seat, Step

MOST_PLAYS = 100_000
"""Profiles of plans up to which a game is written as a table."""

GOAL = "goal"
"""The outcome of a table of payoffs that holds where all do their part of the goal."""

Profile = tuple[int, ...]
"""The number of each seat's plan, in the order of the seats."""
PlayNumbers = NDArray[np.int64]
"""Numbers of plays."""
Progress = Callable[[str, int, int], None]
"""Is told what is gone through, how many of them were, and of how many."""


def show_nothing(_what: str, _done: int, _total: int) -> None:
    """Take how far something is, and tell nobody."""


class ProfilePlay(NamedTuple):
    """How one profile of plans plays out."""

    steps: tuple[Step, ...]
    outcomes: tuple[str, ...]
    raw: dict[Seat, float]
    """What the game pays each seat."""


@dataclass(frozen=True)
class NormalForm:
    """A finite game in which every seat fixes a plan of actions in advance, and a goal in it.

    Several profiles may come to one play, where plans name what is not legal.
    """

    seats: tuple[Seat, ...]
    plans: tuple[tuple[Line, ...], ...]
    """What each seat can choose from, in the order of the seats. In a game of one step a plan is
    one action."""
    goal: Profile
    """What seats are to do."""
    table: PayoffTable
    """(plays, n) what the game pays."""
    play: Callable[[int], ProfilePlay]
    """The number of a play to how it goes."""
    alone: tuple[PlayNumbers, ...]
    """For each seat the play of each of its plans while the others keep to the goal."""
    cells: PlayNumbers | None
    """(plans of seat 0, ..., plans of seat n-1) the play of every profile. None if they are too
    many, and then no more is known than what seats can do alone."""
    outside: tuple[int, ...]
    """What each seat gets by itself if there is no deal, in units of the table."""
    noise: int = 0
    """Units of the table by which payoffs may be off, whatever their size."""

    @property
    def goal_play(self) -> int:
        """The number of the play in which all keep to the goal."""
        return int(self.alone[0][self.goal[0]])

    def deeds(self, play: int, player: int) -> Line:
        """Return what a player does in a play, which its plan may have named otherwise.

        Args:
            play: the number of the play.
            player: the number of the player.
        """
        seat = self.seats[player]
        joints = (step.actions for step in self.play(play).steps)
        return tuple(joint[seat] for joint in joints if seat in joint)

    def goal_deeds(self) -> dict[Seat, Line]:
        """Return what each seat does where all keep to the goal."""
        goal = self.goal_play
        return {seat: self.deeds(goal, i) for i, seat in enumerate(self.seats)}

    @property
    def shape(self) -> tuple[int, ...]:
        """How many plans each seat has."""
        return tuple(len(plans) for plans in self.plans)


def profile_of(
    seats: Sequence[Seat],
    plans: Sequence[Sequence[Line]],
    lines: Mapping[Seat, Sequence[str]],
) -> Profile:
    """Return the profile in which each seat follows its line.

    Raises:
        ConfigError: a seat has no line, or one that it cannot choose.
    """
    profile = []
    for seat, own in zip(seats, plans, strict=True):
        line = tuple(lines.get(seat, ()))
        if line not in own:
            some = ", ".join(" ".join(plan) for plan in own[:8])
            raise ConfigError(
                f"the goal gives {seat} {' '.join(line) or 'nothing'!r}; it can do: {some}",
                field="goal",
            )
        profile.append(own.index(line))
    return tuple(profile)


def plays_alone(cells: PlayNumbers, goal: Profile) -> tuple[PlayNumbers, ...]:
    """Return for each seat the play of each of its plans while the others keep to the goal.

    Args:
        cells: the play of every profile.
        goal: the profile that the others keep to.
    """
    alone = []
    for player in range(len(goal)):
        own_first = np.moveaxis(cells, player, 0)
        others = (*goal[:player], *goal[player + 1 :])
        alone.append(np.array([by_others[others] for by_others in own_first]))
    return tuple(alone)


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
        outcomes = (GOAL,) if joint == goal else ()
        return ProfilePlay((Step(actions=joint, rewards=raw),), outcomes, raw)

    plans = tuple(tuple((action,) for action in own) for own in actions)
    wanted = profile_of(seats, plans, {seat: (goal[seat],) for seat in seats})
    cells = np.arange(len(rewards)).reshape(shape)
    return NormalForm(
        seats=tuple(seats),
        plans=plans,
        goal=wanted,
        table=table,
        play=play,
        alone=plays_alone(cells, wanted),
        cells=cells,
        outside=tuple(security(units, player) for player in range(n)),
    )
