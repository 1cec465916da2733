"""The game of a coalition where absent seats cannot be removed: they act by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import Any, ClassVar, NamedTuple

import numpy as np

from shapley_coop.credit.worth.shapes import expand_counts, value_once
from shapley_coop.interfaces.game import CoalitionWorth, Game, Security, Snapshot
from shapley_coop.interfaces.worth import CountWorth
from shapley_coop.records import Coalition, Line, Seat
from shapley_coop.shapley.arrays import Bools, Floats

MOST_LINES = 512
"""Ways to play of a coalition up to which all of them are looked at."""


class BestPlay(NamedTuple):
    """The joint play of greatest total reward from some moment on."""

    total: float
    joint: tuple[Mapping[Seat, str], ...]
    """The actions of each step."""


class CoalitionGame(Game):
    """What some seats of a game can do while the others do something else.

    Where it is small, it is worked out by brute force: v(S) is the most that the members of S can
    earn together while nobody else does anything, and the plan earns v(everyone). So a seat that
    can do nothing adds nothing. Larger ones have the plan and the worth of the whole game.

    Args:
        whole: the game of all seats. It is left alone.
        members: the seats that play.
        lines: what other seats do. Those that are not named idle, or take their fallback where
            nobody can idle.
    """

    name: ClassVar[str] = "coalition"

    def __init__(
        self,
        whole: Game,
        members: Sequence[Seat],
        lines: Mapping[Seat, Line] | None = None,
    ) -> None:
        self.whole = whole
        self.lines = dict(lines or {})
        self.actions = whole.actions
        self.goal = whole.goal
        self.horizon = whole.horizon
        self.idle = whole.idle
        present = [seat for seat in whole.seats if seat in set(members)]
        super().__init__(present)

    def begin(self) -> None:
        """Begin the whole game on a copy of its own."""
        self.whole = self.whole.fresh()
        self.whole.start(int(self.rng.integers(2**31)))

    def advance(self, actions: Mapping[Seat, int]) -> Mapping[Seat, float]:
        """Play the step. Seats without a line idle, or fall back where nobody can idle."""
        joint = {seat: self.actions[number] for seat, number in actions.items()}
        for seat in self.whole.agents:
            if seat in self.lines:
                joint[seat] = self.whole.follow(
                    seat, self.lines[seat], self.whole.clock
                )
            elif seat not in joint:
                joint[seat] = self.whole.idle_action(seat)
        rewards = self.whole.apply(joint).rewards
        return {seat: rewards.get(seat, 0.0) for seat in actions}

    def over(self) -> bool:
        """Return whether the whole game is over."""
        return not self.whole.agents

    def legal(self, seat: Seat) -> Sequence[str]:
        """Return the legal actions of the whole game."""
        return self.whole.legal(seat)

    def outcomes(self) -> frozenset[str]:
        """Return the outcomes of the whole game."""
        return self.whole.outcomes()

    def possible_outcomes(self) -> tuple[str, ...]:
        """Return every outcome name of the whole game."""
        return self.whole.possible_outcomes()

    def facts(self, seat: Seat) -> dict[str, Any]:
        """Return the facts of the whole game."""
        return self.whole.facts(seat)

    def security(self, seat: Seat) -> Security | None:
        """Return what a seat can secure in the whole game, whatever the absent ones do."""
        return self.whole.security(seat)

    def fallback(self, seat: Seat) -> str:
        """Return what the whole game says a seat without a usable action does."""
        return self.whole.fallback(seat)

    @cached_property
    def best(self) -> BestPlay | None:
        """The best play from the opening, or None if there are too many ways to play."""
        search = _Search(CoalitionGame(self.whole, self.seats, self.lines), MOST_LINES)
        return search.best()

    def plan(self) -> dict[Seat, tuple[str, ...]] | None:
        """Return the best plan of the members, or their part of the whole game's plan."""
        if self.best is None:
            whole = self.whole.plan()
            return None if whole is None else {s: whole[s] for s in self.seats}
        return {
            seat: tuple(joint[seat] for joint in self.best.joint) for seat in self.seats
        }

    def oracle(self) -> CoalitionWorth | None:
        """Return the worth of the members by brute force, or their part of the whole game's."""
        if self.best is None:
            return self.worth_in_whole()
        return value_once(self.seats, self._most)

    def _most(self, coalition: Coalition) -> float:
        """Return the most that a part of the members earns while nobody else does anything."""
        # Nobody has no game that could be played.
        if not coalition:
            return 0.0
        part = CoalitionGame(self.whole, tuple(coalition), self.lines)
        # A part has no more ways to play than all members, who have few.
        play = _Search(part, None).best()
        assert play is not None
        return play.total

    def worth_in_whole(self) -> CoalitionWorth | None:
        """Return the members' part of the whole game's worth, or None if that has none."""
        worth = self.whole.oracle()
        if worth is None:
            return None
        everyone = self.whole.seats
        of_all = (
            expand_counts(worth, everyone) if isinstance(worth, CountWorth) else worth
        )
        places = [everyone.index(seat) for seat in self.seats]

        def values(members: Bools) -> Floats:
            matrix = np.zeros((len(members), len(everyone)), dtype=bool)
            matrix[:, places] = members
            return of_all.values(matrix)

        return CoalitionWorth(self.seats, values)

    def snapshot(self) -> Snapshot:
        """Return a moment of the whole game."""
        return super().snapshot()._replace(world=self.whole.snapshot())

    def stand_at(self, moment: Snapshot) -> None:
        """Come to a moment of a whole game that was played by all."""
        members = set(self.possible_agents)
        agents = tuple(seat for seat in moment.agents if seat in members)
        self.restore(moment._replace(world=moment, agents=agents))

    def restore(self, moment: Snapshot) -> None:
        """Come back to a moment of the whole game."""
        super().restore(moment._replace(world=None))
        self.whole.restore(moment.world)


class _Search:
    """Looks through every way to play a game, unless there are more than `most`."""

    def __init__(self, game: Game, most: int | None) -> None:
        self.game = game
        self.most = most
        self.endings = 0

    def best(self) -> BestPlay | None:
        """Return the best play from here, the first of equals, or None if there are too many."""
        game = self.game
        if not game.agents:
            self.endings += 1
            return BestPlay(0.0, ())
        now = game.snapshot()
        seats = tuple(game.agents)
        choice: BestPlay | None = None
        for actions in product(*(game.legal(seat) for seat in seats)):
            joint = dict(zip(seats, actions, strict=True))
            step = game.apply(joint)
            later = self.best()
            game.restore(now)
            if later is None or (self.most is not None and self.endings > self.most):
                return None
            total = sum(step.rewards.values()) + later.total
            if choice is None or total > choice.total:
                choice = BestPlay(total, (joint, *later.joint))
        return choice
