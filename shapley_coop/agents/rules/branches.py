"""Where a plan can be left: what every step of it comes to if some seats act otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from shapley_coop.agents.rules.commitments import Play
from shapley_coop.interfaces.game import Game, Snapshot
from shapley_coop.records import Seat, Step

MOST_JOINT_REPLIES = 1024
"""Joint actions of a step up to which all of them are looked at."""
Plan = Mapping[Seat, Sequence[str]]
"""Each seat's actions, step by step."""


class Branch(NamedTuple):
    """A plan that was followed up to a step, and the state after one other joint action there."""

    strayed: frozenset[Seat]
    """Who acted otherwise."""
    play: Play
    paid: Mapping[Seat, float]
    """What the game has paid each seat so far."""
    secure: Mapping[Seat, float]
    """What each seat can still guarantee itself, whatever the others do."""

    def floor(self, seat: Seat) -> float:
        """Return what a seat gets from the game at least."""
        return self.paid[seat] + self.secure[seat]


class Course:
    """One plan of a game from the state of now, with every branch off it worked out once.

    Args:
        game: the game as it stands. It is played ahead and comes back.
        plan: what every seat does from here.
        history: what was played before.
    """

    def __init__(self, game: Game, plan: Plan, history: Sequence[Step]) -> None:
        self._game = game
        self._plan = plan
        self._history = tuple(history)
        self._moments: list[Snapshot] = []
        self._joint: list[dict[Seat, str]] = []
        self._legal: list[dict[Seat, tuple[str, ...]]] = []
        self._steps: list[Step] = []
        self._branches: dict[tuple[int, tuple[str, ...]], Branch] = {}
        self._singles: dict[int, list[tuple[Seat, Branch]]] = {}
        now = game.snapshot()
        try:
            while game.agents:
                turn = len(self._steps)
                self._moments.append(game.snapshot())
                joint = {
                    seat: game.follow(seat, plan.get(seat, ()), turn)
                    for seat in game.agents
                }
                self._joint.append(joint)
                self._legal.append({s: tuple(game.legal(s)) for s in game.agents})
                self._steps.append(game.apply(joint))
        finally:
            game.restore(now)

    @property
    def length(self) -> int:
        """Steps from here to the end of the plan."""
        return len(self._steps)

    def branches(self, keeper: Seat) -> Iterator[Branch]:
        """Yield where others may leave the plan while one seat keeps it.

        In the first step others may do everything where that is few. Later, and where it is many,
        any one of them may act otherwise, and all may act alike.
        """
        for turn in range(self.length):
            seats = [seat for seat in self._joint[turn] if seat != keeper]
            legal = {seat: self._legal[turn][seat] for seat in seats}
            every = prod(len(actions) for actions in legal.values())
            if turn == 0 and every <= MOST_JOINT_REPLIES:
                for actions in product(*legal.values()):
                    reply = dict(zip(seats, actions, strict=True))
                    yield from self._other(turn, reply)
                continue
            for other, branch in self._single(turn):
                if other != keeper:
                    yield branch
            common = set.intersection(*map(set, legal.values())) if legal else set()
            for action in sorted(common):
                yield from self._other(turn, dict.fromkeys(seats, action))

    def breaches(self, seat: Seat) -> Iterator[Branch]:
        """Yield where one seat may leave the plan while all others keep it."""
        for turn in range(self.length):
            if seat in self._joint[turn]:
                for action in self._legal[turn][seat]:
                    yield from self._other(turn, {seat: action})

    def _single(self, turn: int) -> list[tuple[Seat, Branch]]:
        """Return the branches of a step in which one seat alone acts otherwise, with that seat."""
        # Every keeper asks for those of all others, so they are told apart once for all.
        if turn not in self._singles:
            branches: list[tuple[Seat, Branch]] = []
            for seat in self._joint[turn]:
                for action in self._legal[turn][seat]:
                    others = self._other(turn, {seat: action})
                    branches.extend((seat, branch) for branch in others)
            self._singles[turn] = branches
        return self._singles[turn]

    def _other(self, turn: int, reply: Mapping[Seat, str]) -> Iterator[Branch]:
        """Yield the branch of a reply, unless the reply is the plan itself."""
        joint = {**self._joint[turn], **reply}
        if joint == self._joint[turn]:
            return
        key = turn, tuple(joint.values())
        if key not in self._branches:
            self._branches[key] = self._played(turn, joint)
        yield self._branches[key]

    def _played(self, turn: int, joint: Mapping[Seat, str]) -> Branch:
        game, now = self._game, self._game.snapshot()
        try:
            game.restore(self._moments[turn])
            step = game.apply(joint)
            over = not game.agents
            outcomes = game.outcomes()
            left = 0 if over else game.horizon - game.clock
            secure = {seat: _secure(game, seat) for seat in game.seats}
        finally:
            game.restore(now)
        steps = (*self._history, *self._steps[:turn], step)
        planned = self._joint[turn]
        return Branch(
            strayed=frozenset(s for s in joint if joint[s] != planned[s]),
            play=Play(steps, outcomes, over, left),
            paid=paid_in(steps, game.seats),
            secure=secure,
        )


def paid_in(steps: Sequence[Step], seats: Sequence[Seat]) -> dict[Seat, float]:
    """Return each seat's reward from the game over some steps."""
    paid = dict.fromkeys(seats, 0.0)
    for step in steps:
        # Steps may hold rewards of seats that are absent from a coalition's own game.
        for seat in paid:
            paid[seat] += step.rewards.get(seat, 0.0)
    return paid


def _secure(game: Game, seat: Seat) -> float:
    # Who is out of the game, or whose game is over, can neither win nor lose any more.
    if seat not in game.agents:
        return 0.0
    security = game.security(seat)
    return float("-inf") if security is None else security.value
