"""Normal-form games, one shot or iterated: a payoff table is all that a new one has to give."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.drawing import table_frame
from shapley_coop.interfaces.game import CoalitionWorth, Game, Security, whole
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Statement, StatementKind

Profile = tuple[int, ...]
"""One action index a seat, in seat order."""


class Played(NamedTuple):
    """The world of a matrix game: every profile played so far."""

    profiles: tuple[Profile, ...]


class MatrixGame(Game):
    """Base of normal-form games: `payoffs[a_0]...[a_n-1]` lists the n seats' rewards.

    A subclass sets `name`, `actions` and `payoffs`; and if outcomes matter to contracts, `outcome_profiles`,
    which lists for each outcome the profiles that it stands for. Without `outcome_profiles` the goal is
    `efficient`: the greatest total reward. Name the action that studies count as cooperation in
    `cooperative`: a seat that forfeits its turn never takes it. An iterated game (`rounds` > 1)
    repeats the table; an outcome holds of the latest round.
    """

    payoffs: Any
    outcome_profiles: ClassVar[Mapping[str, Sequence[tuple[str, ...]]]] = {}
    goal = "efficient"
    cooperative: ClassVar[str | None] = None

    def __init__(self, *, rounds: int = 1, render_mode: str | None = None) -> None:
        self.horizon = whole(self.name, "rounds", rounds, 1)
        self.table = _table(self.name, self.actions, self.payoffs)
        if self.idle is not None:
            self.absences = ("idle", *Game.absences)
        seats = [f"player_{i}" for i in range(self.table.ndim - 1)]
        super().__init__(seats, render_mode=render_mode)
        self.cells = [
            {
                "actions": self._named(profile),
                "rewards": dict(zip(seats, self.table[profile].tolist(), strict=True)),
            }
            for profile in self._profiles()
        ]

    def begin(self) -> Played:
        """Return a world in which nothing was played."""
        return Played(())

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Look the profile's rewards up."""
        profile = tuple(actions[seat] for seat in self.possible_agents)
        self.world = Played((*self.world.profiles, profile))
        return dict(
            zip(self.possible_agents, self.table[profile].tolist(), strict=True)
        )

    def over(self) -> bool:
        """Return whether every round was played: a matrix game ends, it is never cut short."""
        return self.clock >= self.horizon

    def facts(self, seat: Seat) -> Facts:
        """Return the whole table, what was played, and how many rounds there are."""
        return {
            "step": self.clock,
            "rounds": self.horizon,
            "actions": list(self.actions),
            "payoffs": self.cells,
            "played": [self._named(profile) for profile in self.world.profiles],
        }

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return who took what in the latest round."""
        took = {"player": tuple(self.possible_agents), "action": self.actions}
        about = "what a player took in the latest round"
        return (StatementKind("took", about, took, most=len(self.possible_agents)),)

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the latest profile; nothing before the first round."""
        latest = self._named(self.world.profiles[-1]) if self.world.profiles else {}
        return tuple(
            Statement("took", {"player": s, "action": a}) for s, a in latest.items()
        )

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the share of rounds left and who did what last, `seat` first, one-hot."""
        own = self.possible_agents.index(seat)
        latest = np.zeros((self.table.ndim - 1, len(self.actions)), np.float32)
        if self.world.profiles:
            latest[np.arange(len(latest)), self.world.profiles[-1]] = 1
        left = np.float32(1 - self.clock / self.horizon)
        return np.concatenate(([left], np.roll(latest, -own, axis=0).ravel()))

    def outcomes(self) -> frozenset[str]:
        """Return the outcomes that the latest profile stands for."""
        if not self.world.profiles:
            return frozenset()
        profile = self.world.profiles[-1]
        if not self.outcome_profiles:
            efficient = np.isclose(
                self.table[profile].sum(), self.table.sum(axis=-1).max()
            )
            return frozenset({self.goal} if efficient else ())
        names = tuple(self.actions[a] for a in profile)
        return frozenset(
            name
            for name, profiles in self.outcome_profiles.items()
            if names in profiles
        )

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return tuple(self.outcome_profiles) or (self.goal,)

    def oracle(self) -> CoalitionWorth:
        """Return what each coalition can guarantee itself in pure strategies; v(∅) = 0.

        Its members choose their joint action for the greatest sum of their own rewards against
        the worst reply of the others (von Neumann & Morgenstern, 1944, the maximin
        characteristic function, in pure strategies), in every round.
        """

        @cache
        def value(members: tuple[bool, ...]) -> float:
            inside = tuple(axis for axis, member in enumerate(members) if member)
            outside = tuple(axis for axis, member in enumerate(members) if not member)
            return self.horizon * float(
                self.table[..., inside]
                .sum(axis=-1)
                .min(axis=outside, initial=np.inf)
                .max()
                if inside
                else 0.0
            )

        return CoalitionWorth(
            self.seats,
            lambda members_kn: np.array(
                [value(tuple(row)) for row in members_kn.tolist()]
            ),
        )

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return the profile of greatest total reward, the first in seat order among equals."""
        total = self.table.sum(axis=-1)
        best = np.unravel_index(int(np.argmax(total)), total.shape)
        return {
            seat: (self.actions[int(action)],) * self.horizon
            for seat, action in zip(self.possible_agents, best, strict=True)
        }

    def security(self, seat: Seat) -> Security:
        """Return the seat's maximin over the rounds left.

        Equally safe actions are told apart by their mean reward against others who choose
        uniformly at random, then by order.
        """
        axis = self.possible_agents.index(seat)
        own = np.moveaxis(self.table[..., axis], axis, 0).reshape(len(self.actions), -1)
        safest, mean = own.min(axis=1), own.mean(axis=1)
        best = max(range(len(self.actions)), key=lambda a: (safest[a], mean[a], -a))
        return Security(
            float(safest[best]) * (self.horizon - self.clock), self.actions[best]
        )

    def fallback(self, seat: Seat) -> str:
        """Return the secure action; where that is the cooperative one, the first other."""
        action = self.security(seat).action
        if action != self.cooperative:
            return action
        return next(other for other in self.actions if other != self.cooperative)

    def picture(self) -> str:
        """Return the table, the played cell in brackets; for three or more seats, as a list."""
        head = (
            f"{self.name}, round {min(self.clock + 1, self.horizon)} of {self.horizon}"
        )
        played = self.world.profiles[-1] if self.world.profiles else None
        if self.table.ndim != 3:
            return "\n".join([head, *self._list(played)])
        rows = [
            [self._cell((a, b), played) for b in self._range()] for a in self._range()
        ]
        wide = max(len(text) for text in (*itertools.chain(*rows), *self.actions))
        name = max(map(len, self.actions))
        first, second = self.possible_agents
        lines = [f"{first} down, {second} across"]
        lines.append(
            " " * name
            + "  "
            + "  ".join(action.center(wide) for action in self.actions)
        )
        for action, row in zip(self.actions, rows, strict=True):
            lines.append(
                f"{action:<{name}}  " + "  ".join(cell.center(wide) for cell in row)
            )
        return "\n".join(line.rstrip() for line in [head, *lines])

    def frame(self) -> NDArray[np.uint8]:
        """Return the table drawn, the played cell lit; three or more seats stay text."""
        if self.table.ndim != 3:
            return super().frame()
        cells = [[self._numbers((a, b)) for b in self._range()] for a in self._range()]
        played = self.world.profiles[-1] if self.world.profiles else None
        return table_frame(self.possible_agents, self.actions, cells, played)

    def _named(self, profile: Profile) -> dict[Seat, str]:
        return {
            s: self.actions[a]
            for s, a in zip(self.possible_agents, profile, strict=True)
        }

    def _profiles(self) -> itertools.product[Profile]:
        return itertools.product(*map(range, self.table.shape[:-1]))

    def _range(self) -> range:
        return range(len(self.actions))

    def _numbers(self, profile: Profile) -> str:
        return ", ".join(f"{reward:g}" for reward in self.table[profile])

    def _cell(self, profile: Profile, played: Profile | None) -> str:
        numbers = self._numbers(profile)
        return f"[{numbers}]" if profile == played else numbers

    def _list(self, played: Profile | None, most: int = 16) -> list[str]:
        lines = [
            f"{', '.join(self.actions[a] for a in profile)}: {self._cell(profile, played)}"
            for profile in itertools.islice(self._profiles(), most)
        ]
        hidden = len(self.cells) - len(lines)
        return lines + ([f"... and {hidden} more"] if hidden > 0 else [])


def _table(game: str, actions: Sequence[str], payoffs: Any) -> NDArray[np.float64]:
    """Return the payoffs as an array (actions, ..., actions, seats).

    Raises:
        ConfigError: the nesting is ragged, an axis has another length than there are actions, or
            a reward is no finite number.
    """
    try:
        table = np.array(payoffs, dtype=np.float64)
    except (ValueError, TypeError) as error:
        raise ConfigError(
            f"{game}: the payoffs are not rectangular or not numbers ({error}); nest one list an "
            f"action of each seat, and in the innermost list give one number a seat"
        ) from error
    expected = (len(actions),) * (table.ndim - 1) + (table.ndim - 1,)
    if table.ndim < 2 or table.shape != expected:
        raise ConfigError(
            f"{game}: the payoffs have shape {table.shape}, expected {expected}: one axis of "
            f"{len(actions)} actions ({', '.join(actions)}) a seat, then one number a seat"
        )
    if not np.isfinite(table).all():
        raise ConfigError(
            f"{game}: every payoff must be a finite number, got {payoffs!r}"
        )
    return table
