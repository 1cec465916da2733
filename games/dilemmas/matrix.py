"""Normal-form games, one shot or iterated: a payoff table is all that a new one has to give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from games.dilemmas.payoffs import (
    Profile,
    cell_text,
    payoff_table,
    profiles_of,
    table_lines,
)
from games.dilemmas.picture import table_frame
from shapley_coop.interfaces.game import (
    CoalitionWorth,
    Game,
    History,
    Security,
    whole,
)
from shapley_coop.records import Facts, Seat
from shapley_coop.records.statements import Domain, Statement, StatementKind


class Played(NamedTuple):
    """The world of a matrix game: every profile played so far."""

    profiles: tuple[Profile, ...]


class MatrixGame(Game):
    """Base of normal-form games: `payoffs[a_0]...[a_n-1]` lists the n seats' rewards.

    A subclass sets `name`, `actions` and `payoffs`. An iterated game (`rounds` > 1) repeats the
    table, and an outcome holds of the latest round.
    """

    payoffs: Any
    outcome_profiles: ClassVar[Mapping[str, Sequence[tuple[str, ...]]]] = {}
    """For each outcome that contracts may mention, the profiles that it stands for. Without any,
    the goal is `efficient`, the greatest total reward."""
    goal = "efficient"
    oracle_absence = "worst-reply"
    cooperative: ClassVar[str | None] = None
    """The action that studies count as cooperation. A seat that forfeits never takes it."""

    def __init__(self, *, rounds: int = 1, render_mode: str | None = None) -> None:
        self.horizon = whole(self.name, "rounds", rounds, 1)
        self.table = payoff_table(self.name, self.actions, self.payoffs)
        # A seat of a table cannot be removed, and idles only where an action does nothing.
        if self.idle is not None:
            self.absences = ("idle", *Game.absences)
        seats = [f"player_{i}" for i in range(self.table.ndim - 1)]
        super().__init__(seats, render_mode=render_mode)
        # Facts show the whole table at every step, so its cells are written once.
        self.cells = [self._cell(profile) for profile in profiles_of(self.table)]

    def begin(self) -> Played:
        """Return a world in which nothing was played."""
        return Played(())

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Look the profile's rewards up."""
        profile = tuple(actions[seat] for seat in self.possible_agents)
        self.world = Played((*self.world.profiles, profile))
        return self._rewards(profile)

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
            "played": [self._by_seat(profile) for profile in self.world.profiles],
        }

    def statement_kinds(self) -> tuple[StatementKind, ...]:
        """Return who took what in the latest round."""
        seats = tuple(self.possible_agents)
        fields: dict[str, Domain] = {
            "player": seats,
            "action": self.actions,
        }
        about = "what a player took in the latest round"
        return (StatementKind("took", about, fields, most=len(seats)),)

    def statements(self, seat: Seat) -> tuple[Statement, ...]:
        """Return the latest profile, and nothing before the first round."""
        latest = self._latest()
        if latest is None:
            return ()
        statements = []
        for player, action in self._by_seat(latest).items():
            statements.append(Statement("took", {"player": player, "action": action}))
        return tuple(statements)

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return the share of rounds left and who did what last, `seat` first, one-hot."""
        own = self.possible_agents.index(seat)
        shape = (len(self.possible_agents), len(self.actions))
        one_hot = np.zeros(shape, np.float32)
        latest = self._latest()
        if latest is not None:
            one_hot[np.arange(len(latest)), latest] = 1
        left = np.float32(1 - self.clock / self.horizon)
        # A policy that all seats share needs to know which of the rows is its own.
        rows = np.roll(one_hot, -own, axis=0)
        return np.concatenate(([left], rows.ravel()))

    def outcomes(self) -> frozenset[str]:
        """Return the outcomes that the latest profile stands for."""
        profile = self._latest()
        if profile is None:
            return frozenset()
        if not self.outcome_profiles:
            totals = self.table.sum(axis=-1)
            # Equal totals may differ by rounding, since payoffs need not be whole.
            efficient = np.isclose(totals[profile], totals.max())
            return frozenset({self.goal} if efficient else ())
        actions = tuple(self.actions[action] for action in profile)
        names = set()
        for name, profiles in self.outcome_profiles.items():
            if actions in profiles:
                names.add(name)
        return frozenset(names)

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return tuple(self.outcome_profiles) or (self.goal,)

    def oracle(self) -> CoalitionWorth:
        """Return what each coalition can guarantee itself in pure strategies, with v(∅) = 0.

        Its members choose their joint action for the greatest sum of their own rewards against
        the worst reply of the others (von Neumann & Morgenstern, 1944, the maximin
        characteristic function, in pure strategies), in every round.
        """

        def values(members_kn: NDArray[np.bool_]) -> NDArray[np.float64]:
            rows = [tuple(row) for row in members_kn.tolist()]
            return np.array([value(row) for row in rows])

        # Estimators ask for the same coalitions again and again.
        @cache
        def value(members: tuple[bool, ...]) -> float:
            return self.horizon * self._maximin(members)

        return CoalitionWorth(self.seats, values)

    def realised_oracle(self, history: History) -> CoalitionWorth:
        """Return what coalitions earned by their recorded actions against the worst replies.

        In every round the others reply in hindsight so that the members earn least, and v(∅) = 0.
        O(rounds * size of the table) a coalition.
        """
        rounds = [self._profile_at(history, number) for number in range(self.horizon)]

        def values(members_kn: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.array([value(tuple(row)) for row in members_kn.tolist()])

        @cache
        def value(members: tuple[bool, ...]) -> float:
            return sum(self._worst(members, profile) for profile in rounds)

        return CoalitionWorth(self.seats, values, formula=True)

    def _profile_at(self, history: History, number: int) -> Profile:
        """Return the actions of a round. A seat without a recorded one falls back."""
        profile = []
        for seat in self.possible_agents:
            line = history[seat]
            known = number < len(line) and line[number] in self.index
            action = line[number] if known else self.fallback(seat)
            profile.append(self.index[action])
        return tuple(profile)

    def _worst(self, members: Sequence[bool], profile: Profile) -> float:
        """Return what members earn at least by their actions of a profile."""
        inside = [axis for axis, member in enumerate(members) if member]
        if not inside:
            return 0.0
        total = self.table[..., inside].sum(axis=-1)
        chosen: list[int | slice] = [slice(None)] * len(profile)
        for axis in inside:
            chosen[axis] = profile[axis]
        return float(total[tuple(chosen)].min())

    def _maximin(self, members: Sequence[bool]) -> float:
        inside = tuple(axis for axis, member in enumerate(members) if member)
        outside = tuple(axis for axis, member in enumerate(members) if not member)
        if not inside:
            return 0.0
        total = self.table[..., inside].sum(axis=-1)
        # Without others to reply, the least over no axes would be over nothing.
        worst = total.min(axis=outside, initial=np.inf)
        return float(worst.max())

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return the profile of greatest total reward, the first in seat order among equals."""
        total = self.table.sum(axis=-1)
        best = np.unravel_index(int(np.argmax(total)), total.shape)
        plan = {}
        for seat, action in zip(self.possible_agents, best, strict=True):
            plan[seat] = (self.actions[int(action)],) * self.horizon
        return plan

    def security(self, seat: Seat) -> Security:
        """Return the seat's maximin over the rounds left.

        Equally safe actions are told apart by their mean reward against others who choose
        uniformly at random, then by order.
        """
        value, action = self._secure(seat)
        rounds_left = self.horizon - self.clock
        return Security(value * rounds_left, action)

    def _secure(self, seat: Seat) -> tuple[float, str]:
        """Return what a seat can guarantee itself in one round, and by which action."""
        axis = self.possible_agents.index(seat)
        own = np.moveaxis(self.table[..., axis], axis, 0)
        by_action = own.reshape(len(self.actions), -1)
        least, mean = by_action.min(axis=1), by_action.mean(axis=1)
        order = range(len(self.actions))
        best = max(order, key=lambda action: (least[action], mean[action], -action))
        return float(least[best]), self.actions[best]

    def fallback(self, seat: Seat) -> str:
        """Return the secure action, or the first other where that is the cooperative one."""
        # A broken model must not look like a seat that cooperates.
        _, action = self._secure(seat)
        others = [other for other in self.actions if other != self.cooperative]
        return action if action in others or not others else others[0]

    def picture(self) -> str:
        """Return the table, with the latest cell in brackets, or a list for three or more seats."""
        number = min(self.clock + 1, self.horizon)
        head = f"{self.name}, round {number} of {self.horizon}"
        lines = table_lines(
            self.table, self.actions, self.possible_agents, self._latest()
        )
        return "\n".join([head, *lines])

    def frame(self) -> NDArray[np.uint8]:
        """Return the table drawn, with the latest cell lit. Three or more seats stay text."""
        if len(self.possible_agents) != 2:
            return super().frame()
        numbers = range(len(self.actions))

        def row(first: int) -> list[str]:
            return [cell_text(self.table, (first, second)) for second in numbers]

        cells = [row(first) for first in numbers]
        return table_frame(self.possible_agents, self.actions, cells, self._latest())

    def _latest(self) -> Profile | None:
        profiles: tuple[Profile, ...] = self.world.profiles
        return profiles[-1] if profiles else None

    def _by_seat(self, profile: Profile) -> dict[Seat, str]:
        actions = [self.actions[action] for action in profile]
        return dict(zip(self.possible_agents, actions, strict=True))

    def _rewards(self, profile: Profile) -> dict[Seat, float]:
        rewards = self.table[profile].tolist()
        return dict(zip(self.possible_agents, rewards, strict=True))

    def _cell(self, profile: Profile) -> Facts:
        return {"actions": self._by_seat(profile), "rewards": self._rewards(profile)}
