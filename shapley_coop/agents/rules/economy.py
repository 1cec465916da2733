"""What rule agents work out about a game: its worth, its plan, and how plans end.

It follows from the public rules alone, so the seats of one play share it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from shapley_coop.agents.rules.announced import (
    AnnouncedDivision,
    foresees_division,
    least_by_action,
)
from shapley_coop.agents.rules.branches import (
    Branch,
    Course,
    Plan,
    paid_in,
)
from shapley_coop.agents.rules.coalition import CoalitionGame
from shapley_coop.agents.rules.commitments import (
    Commitment,
    Play,
    Stakes,
    breakers_of,
    stakes_of,
)
from shapley_coop.agents.rules.knowledge import OracleCredit, joint_plan
from shapley_coop.interfaces.agent import Place
from shapley_coop.interfaces.deals.money import shift_to_sum
from shapley_coop.interfaces.deals.pricing import plan_ahead
from shapley_coop.interfaces.game import Game, Preview
from shapley_coop.interfaces.worth import Security, history_of
from shapley_coop.records import (
    TOLERANCE,
    Coalition,
    Redistribution,
    Seat,
    Step,
    Terms,
)

T = TypeVar("T")


class Economy(OracleCredit):
    """The economics of one game, looked ahead on a copy of it.

    Args:
        game: the copy, which is played by this economy from now on.
        rng: a child of it draws coalitions where the seats are too many to value them all.
        present: the seats that negotiate. Empty means all of them.
    """

    def __init__(
        self, game: Game, rng: np.random.Generator, present: Sequence[Seat] = ()
    ) -> None:
        everyone = game.seats
        self.present = tuple(present) or game.seats
        self.game = game
        # Where only a coalition plays, its own game says what it can do.
        if set(self.present) != set(game.seats):
            restricted = game.restrict(self.present)
            self.game = restricted or CoalitionGame(game, self.present)
        super().__init__(self.game, everyone, rng)
        self.game.start(0)
        self.outside = {seat: self._sure_value(seat) for seat in self.game.seats}
        self.history: tuple[Step, ...] = ()
        self._is_caught_up = False
        self._ahead: dict[Seat, tuple[str, ...]] | None = None
        self._previews: dict[tuple[tuple[str, ...], ...], Preview] = {}
        self._courses: dict[tuple[tuple[str, ...], ...], Course] = {}
        self._known: dict[Hashable, tuple[object, Any]] = {}
        self._division: AnnouncedDivision | None = None

    @classmethod
    def of(cls, place: Place) -> Economy:
        """Return the economy that the seats of one play share.

        Where only a coalition plays, it is that of the coalition by itself.
        """

        def make() -> Economy:
            return cls(place.game, place.rng, place.present)

        return place.shared.once(Economy, make, place.present)

    @property
    def has_own_plan(self) -> bool:
        """Whether the plan is that of the seats that negotiate, and needs no absent ones."""
        return not isinstance(self.game, CoalitionGame) or self.game.best is not None

    @cached_property
    def plan(self) -> dict[Seat, tuple[str, ...]]:
        """The joint plan of greatest total reward. A game without one raises ConfigError."""
        return joint_plan(self.game)

    def announce(self, rule: Redistribution) -> None:
        """Count what seats hold after the protocol's rule of division, where it is foreseen."""
        if self._division is None and foresees_division(self.game, rule):
            self._division = AnnouncedDivision(self.game, rule)

    @property
    def divides(self) -> bool:
        """Whether a rule of division is foreseen."""
        return self._division is not None

    @property
    def so_far(self) -> Play:
        """What was played."""
        left = self.game.horizon - self.game.clock
        return Play(self.history, self.game.outcomes(), over=False, left=left)

    def security(self, seat: Seat) -> Security:
        """Return what a seat can guarantee itself alone from here.

        Under an announced division that is what it holds after it, in small games of one step.
        """
        if self._division is not None:
            return self.once(
                ("security", seat), None, lambda: self._divided_security(seat)
            )
        return self._raw_security(seat)

    def _divided_security(self, seat: Seat) -> Security:
        raw = self._raw_security(seat)

        def holding(joint: Mapping[Seat, str]) -> float:
            return self.preview({s: (a,) for s, a in joint.items()}).payoffs[seat]

        least = least_by_action(self.game, seat, holding)
        if least is None:
            return raw
        most = max(least.values())
        # Divisions are rounded, which must not decide between actions that are as good.
        best = [action for action, low in least.items() if low > most - TOLERANCE]
        action = raw.action if raw.action in best else best[0]
        return Security(most - paid_in(self.history, [seat])[seat], action)

    def sure_of(self, seat: Seat) -> float:
        """Return what the game has paid a seat in this play, and what it can still secure."""
        return paid_in(self.history, [seat])[seat] + self.security(seat).value

    def floor(self, branch: Branch, seat: Seat) -> float:
        """Return what a seat has at least once others left a plan, before contracts."""
        if self._division is None:
            return branch.floor(seat)
        # Of a divided pot nobody can guarantee itself a part, so all are taken to secure what the
        # game itself gives them from then on.
        ahead = branch.play.steps[len(self.history) :]
        return self.preview(history_of(self.game.seats, ahead)).payoffs[seat]

    def floors(self, branch: Branch) -> dict[Seat, float]:
        """Return what every seat has at least once others left a plan, before contracts."""
        return {seat: self.floor(branch, seat) for seat in self.game.seats}

    def _raw_security(self, seat: Seat) -> Security:
        known = self.game.security(seat)
        if known is not None:
            return known
        # Nothing is guaranteed, so any bargain is better, and idling is as good as anything.
        legal = self.game.legal(seat)
        idle = self.game.idle
        action = idle if idle and idle in legal else legal[0]
        return Security(float("-inf"), action)

    def _sure_value(self, seat: Seat) -> float:
        known = self.game.security(seat)
        return float("-inf") if known is None else known.value

    def catch_up(
        self, steps: Sequence[Step], lookahead: Callable[[], Game] | None = None
    ) -> None:
        """Bring the copy to the moment after `steps`.

        Args:
            steps: what was played.
            lookahead: copies the game as it stands. Without it, and where others were removed from
                the copy, what was seen is repeated as far as that is legal there.
        """
        if self._is_caught_up and tuple(steps) == self.history:
            return
        self._is_caught_up = True
        self._previews.clear()
        self._courses.clear()
        self._known.clear()
        self._ahead = None
        # The seed may have decided what is legal, so a repetition under another one can go astray.
        if lookahead is not None and isinstance(self.game, CoalitionGame):
            self.game.stand_at(lookahead().snapshot())
        elif lookahead is not None and self.game.seats == self.everyone:
            self.game.restore(lookahead().snapshot())
        else:
            self._repeat(steps)
        self.history = tuple(steps)

    def _repeat(self, steps: Sequence[Step]) -> None:
        # Another line of play than the one so far is repeated from the opening.
        if tuple(steps[: len(self.history)]) != self.history:
            self.game.start(0)
            self.history = ()
        for step in steps[len(self.history) :]:
            deeds = step.deeds
            # The game of a coalition may be over sooner than the whole one.
            if not self.game.agents:
                return
            joint = {}
            for seat in self.game.agents:
                recorded = deeds.get(seat)
                line = () if recorded is None else (recorded,)
                joint[seat] = self.game.follow(seat, line, 0)
            self.game.apply(joint)

    def ahead(self) -> dict[Seat, tuple[str, ...]]:
        """Return the plan from the state of now."""
        if self._ahead is None:
            self._ahead = plan_ahead(self.game, self.plan)
        return self._ahead

    def efficient(self, credit: Mapping[Seat, float]) -> dict[Seat, float]:
        """Return credit, all seats shifted alike, so that it sums to what the plan now pays."""
        by_plan = self.preview(self.ahead()).payoffs
        in_order = {seat: credit[seat] for seat in self.game.seats}
        return shift_to_sum(in_order, sum(by_plan.values()))

    def course(self, profile: Plan) -> Course:
        """Return a profile from here with every branch off it, worked out once for all seats."""
        key = tuple(tuple(profile[seat]) for seat in self.game.seats)
        if key not in self._courses:
            self._courses[key] = Course(self.game, profile, self.history)
        return self._courses[key]

    def once(self, key: Hashable, about: object, work: Callable[[], T]) -> T:
        """Return what some work comes to in the state of now, and do it only the first time.

        The key tells it from all other work, and may hold identities of what it is about. That is
        kept, so that none of them is used again.
        """
        if key not in self._known:
            self._known[key] = about, work()
        known: T = self._known[key][1]
        return known

    def stakes(self, seat: Seat, terms: Terms) -> Stakes:
        """Return what a seat has at stake in some terms."""
        key = "stakes", id(terms), seat
        return self.once(key, terms, lambda: stakes_of(seat, terms))

    def breakers(self, commitment: Commitment, play: Play) -> Coalition:
        """Return who broke the plan of a commitment in a play."""
        if not commitment.terms.plan:
            return frozenset()
        key = "breakers", id(commitment.terms), commitment.since, id(play.steps)
        about = commitment, play.steps
        return self.once(key, about, lambda: breakers_of(commitment, play))

    def preview(self, profile: Plan) -> Preview:
        """Return how the whole game ends under a profile, what was played so far included."""
        key = tuple(tuple(profile[seat]) for seat in self.game.seats)
        if key not in self._previews:
            rest = self.game.preview(profile)
            steps = (*self.history, *rest.steps)
            payoffs = {
                seat: sum(step.rewards[seat] for step in steps)
                for seat in self.game.seats
            }
            if self._division is not None:
                payoffs = self._division.payoffs(payoffs, steps)
            self._previews[key] = Preview(payoffs, rest.outcomes, steps)
        return self._previews[key]
