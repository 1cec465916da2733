"""Coalitional games as play: seats join or stay out, and bargain over what the joined are worth."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import (
    CoalitionWorth,
    CountWorth,
    Game,
    History,
    Security,
)
from shapley_coop.records import Facts, Seat


class CoalitionalGame(Game):
    """Base of games that state v: those who join split v(S) evenly, who stays out gets v({i}).

    The even split is only how the money first arrives. Who brings more than that has others pay it
    to join, or the pot is divided after play. v is superadditive in every game here, so all
    joining is best together. A coalition's worth never depends on who else is at the table.
    """

    actions = ("stay-out", "join")
    goal = "all-joined"
    idle = "stay-out"
    absences = ("removed", "idle", "baseline", "swap")
    oracle_absence = "removed"

    def __init__(
        self, seats: Sequence[Seat], *, render_mode: str | None = None
    ) -> None:
        # v is that of the whole roster, also in copies that only some seats play.
        self.roster = tuple(seats)
        self.full = self.characteristic()
        super().__init__(seats, render_mode=render_mode)

    def __getstate__(self) -> dict[str, Any]:
        # v is a function inside a function, which cannot be pickled, but it follows from the rest.
        state = dict(self.__dict__)
        del state["full"]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.full = self.characteristic()

    @abstractmethod
    def characteristic(self) -> CoalitionWorth | CountWorth:
        """Return v over the whole roster, with v(∅) = 0."""

    @abstractmethod
    def rules(self) -> Facts:
        """Return the numbers that v follows from, as JSON values."""

    def begin(self) -> tuple[Seat, ...] | None:
        """Return None, since no seat has chosen yet."""
        return None

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Pay the joined their worth in even parts, and the others what they are worth alone."""
        self.world = tuple(seat for seat in self.possible_agents if actions[seat])
        # Nobody may have joined, and then there is nothing to divide.
        part = self.value(self.world) / max(1, len(self.world))
        rewards = {}
        for seat in self.possible_agents:
            rewards[seat] = part if seat in self.world else self.alone[seat]
        return rewards

    @cached_property
    def alone(self) -> dict[Seat, float]:
        """What each seat of the roster is worth by itself."""
        return {seat: self.value((seat,)) for seat in self.roster}

    def value(self, coalition: Sequence[Seat]) -> float:
        """Return v of one coalition."""
        inside = set(coalition)
        if isinstance(self.full, CountWorth):
            counts = [len(inside.intersection(kind)) for kind in self.full.kinds]
            counts_1k = np.array([counts], np.int64)
            return float(self.full.values(counts_1k)[0])
        members = [seat in inside for seat in self.roster]
        members_1n = np.array([members])
        return float(self.full.values(members_1n)[0])

    def over(self) -> bool:
        """Return whether the seats have chosen."""
        return self.world is not None

    def outcomes(self) -> frozenset[str]:
        """Return `all-joined` or `nobody-joined` once the seats have chosen."""
        if self.world is None:
            return frozenset()
        if len(self.world) == len(self.possible_agents):
            return frozenset({"all-joined"})
        if not self.world:
            return frozenset({"nobody-joined"})
        return frozenset()

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name."""
        return ("all-joined", "nobody-joined")

    def facts(self, seat: Seat) -> Facts:
        """Return the game's numbers, what seats are worth alone and together, and who joined."""
        alone = {other: self.alone[other] for other in self.possible_agents}
        return {
            "step": self.clock,
            **self.rules(),
            "worth_alone": alone,
            "worth_together": self.value(self.possible_agents),
            "joined": None if self.world is None else list(self.world),
        }

    def features(self, seat: Seat) -> NDArray[np.float32]:
        """Return whether play is over, the seat's number and worth, v(N), and who joined."""
        team = self.world or ()
        joins = [other in team for other in self.possible_agents]
        features = [
            self.clock,
            self.possible_agents.index(seat),
            self.alone[seat],
            self.value(self.possible_agents),
            *joins,
        ]
        return np.array(features, np.float32)

    def restrict(self, seats: Sequence[Seat]) -> CoalitionalGame:
        """Return the game with only `seats` at the table. v is unchanged."""
        return self.only(seats)

    def oracle(self) -> CoalitionWorth | CountWorth:
        """Return v among the seats at the table, by counts where seats come in kinds."""
        if isinstance(self.full, CountWorth):
            return self._oracle_by_counts(self.full)
        return self._oracle_by_coalition(self.full)

    def replay_oracle(self, history: History) -> CoalitionWorth | CountWorth:
        """Return v among those who joined, plus what each of the others is worth alone."""
        joined = {seat for seat in self.possible_agents if "join" in history[seat][:1]}
        worth = self.oracle()
        if isinstance(worth, CountWorth):
            return self._replay_by_counts(worth, joined)
        joins_n = np.array([seat in joined for seat in self.possible_agents])
        alone_n = np.array([self.alone[seat] for seat in self.possible_agents])

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            team = worth.values(members & joins_n)
            return np.asarray(team + (members & ~joins_n) @ alone_n, np.float64)

        known = self._known_values(joined)
        return CoalitionWorth(self.seats, values, formula=True, shapley=known)

    def shapley(self, team: Sequence[Seat]) -> Sequence[float] | None:
        """Return the Shapley values of a team among itself in closed form, or None without one."""
        return None

    def _known_values(self, joined: set[Seat]) -> tuple[float, ...] | None:
        """Return the values of those who joined and of the others alone, in closed form."""
        team = [seat for seat in self.possible_agents if seat in joined]
        within = self.shapley(team)
        if within is None:
            return None
        by_seat = dict(zip(team, within, strict=True))
        for seat in self.possible_agents:
            if seat not in joined:
                by_seat[seat] = self.alone[seat]
        return tuple(by_seat[seat] for seat in self.possible_agents)

    def _replay_by_counts(self, worth: CountWorth, joined: set[Seat]) -> CountWorth:
        """Return the same where seats come in kinds: each kind splits by who of it joined."""
        kinds: list[tuple[Seat, ...]] = []
        alone: list[float] = []
        # For each kind of the split ones, the kind that it joins as, or None if it stays out.
        joins_as: list[int | None] = []
        for number, kind in enumerate(worth.kinds):
            inside = tuple(seat for seat in kind if seat in joined)
            outside = tuple(seat for seat in kind if seat not in joined)
            if inside:
                kinds.append(inside)
                alone.append(0.0)
                joins_as.append(number)
            if outside:
                kinds.append(outside)
                alone.append(self.alone[outside[0]])
                joins_as.append(None)
        alone_K = np.array(alone)

        def values(counts: NDArray[np.int64]) -> NDArray[np.float64]:
            team = np.zeros((len(counts), len(worth.kinds)), np.int64)
            for column, number in enumerate(joins_as):
                if number is not None:
                    team[:, number] = counts[:, column]
            return np.asarray(worth.values(team) + counts @ alone_K, np.float64)

        return CountWorth(tuple(kinds), values)

    def _oracle_by_counts(self, full: CountWorth) -> CountWorth:
        present = set(self.possible_agents)
        kinds: dict[int, tuple[Seat, ...]] = {}
        for number, kind in enumerate(full.kinds):
            members = tuple(seat for seat in kind if seat in present)
            # A kind of which nobody is at the table is no kind of the smaller game.
            if members:
                kinds[number] = members
        columns = list(kinds)

        def values(counts: NDArray[np.int64]) -> NDArray[np.float64]:
            whole = np.zeros((len(counts), len(full.kinds)), np.int64)
            whole[:, columns] = counts
            return full.values(whole)

        return CountWorth(tuple(kinds.values()), values)

    def _oracle_by_coalition(self, full: CoalitionWorth) -> CoalitionWorth:
        columns = [self.roster.index(seat) for seat in self.possible_agents]

        def values(members: NDArray[np.bool_]) -> NDArray[np.float64]:
            whole = np.zeros((len(members), len(self.roster)), bool)
            whole[:, columns] = members
            return full.values(whole)

        known = self._known_values(set(self.possible_agents))
        return CoalitionWorth(self.seats, values, shapley=known)

    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """Return all joining."""
        return dict.fromkeys(self.possible_agents, ("join",))

    def security(self, seat: Seat) -> Security:
        """Return staying out, which pays what the seat is worth alone."""
        value = 0.0 if self.over() else self.alone[seat]
        return Security(value, "stay-out")

    def picture(self) -> str:
        """Return what everybody is worth and who joined."""
        together = self.value(self.possible_agents)
        lines = [f"{self.name}: together {together:g}"]
        for seat in self.possible_agents:
            choice = ""
            if self.world is not None:
                choice = "  joined" if seat in self.world else "  out"
            alone = self.alone[seat]
            lines.append(f"{seat:<16} alone {alone:g}{choice}")
        return "\n".join(lines)


def amounts(
    game: str, parameter: str, value: Any, *, least: int = 1
) -> tuple[float, ...]:
    """Return a game's parameter if it is a list of finite numbers of at least 0.

    Raises:
        ConfigError: it is something else, or has fewer than `least` entries.
    """
    entries = value if isinstance(value, list | tuple) else ()
    too_few = len(entries) < max(1, least)
    if too_few or not all(map(_is_amount, entries)):
        raise ConfigError(
            f"{game} cannot be set up with {parameter}={value!r}; give a list of at least {least} "
            f"finite numbers, none negative"
        )
    return tuple(float(entry) for entry in entries)


def _is_amount(entry: Any) -> bool:
    # Python counts True as the number 1, and nobody means that.
    if isinstance(entry, bool) or not isinstance(entry, int | float):
        return False
    return 0 <= entry < math.inf
