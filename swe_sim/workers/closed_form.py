"""What a team of rule workers is worth, in closed form: every coalition, without playing any.

The programmer of a portion solves it with probability p, which words of planners raise, and else
makes one fault of kind k with weight w(k). A reviewer catches it with probability c(k), a tester
finds it with t(k), and what is told is mended with m, all independently. So a fault stays with

    (1 - p) w(k) (1 - (1 - (1 - c(k))^R) m) (1 - (1 - (1 - t(k))^T) m)

where R reviewers and T testers are there: it is enough that one of them tells. Planners of one role
say the same, so that their words count once. The pass rate of the solution with
every fault, and every combination of faults of several programmers, is measured once by the hidden
tests, and v(S) is the mean of these rates.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from math import prod
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import named_coalitions
from swe_sim.judge import Verdict
from swe_sim.tasks.mutants import Mutant
from swe_sim.team.game import VALUE, SoftwareTeam
from swe_sim.team.judging import hidden_verdict
from swe_sim.team.roles import role_name
from swe_sim.workers.skills import Portion, Skills, portions, weights_of

TURNS: Mapping[str, int] = {
    "ceo": 1,
    "cpo": 2,
    "cto": 1,
    "counsellor": 1,
    "programmer": 0,
    "reviewer": 1,
    "tester": 2,
}
"""Turns in which a worker does something, by role, beside the writing and mending of programs."""


Stage = Literal["written", "reviewed", "tested"]
"""How far the work is: after coding, or after a review or a test and the mending that follows."""


class End(NamedTuple):
    """How a portion may stand at some stage of the work."""

    fault: Mutant | None
    chance: float


class ClosedForm:
    """The worth of every coalition of a team whose seats are all rule workers of stated skills."""

    def __init__(self, game: SoftwareTeam, skills: Skills) -> None:
        self.task = game.task
        self.seats = game.seats
        self.lead = game.lead
        self.cost = game.cost
        self.unsafe = game.unsafe
        self.is_solo = game.solo
        self.skills = skills
        self._values: dict[Coalition, float] = {}

    def value(self, seats: Collection[Seat]) -> float:
        """Return what a coalition is worth on the average: what it is paid minus what it costs."""
        coalition = frozenset(seats)
        if coalition not in self._values:
            members = tuple(seat for seat in self.seats if seat in coalition)
            worked = VALUE * self.pass_rate(members)
            self._values[coalition] = worked - self.cost * self._turns(members)
        return self._values[coalition]

    def values(self) -> dict[Coalition, float]:
        """Return the worth of all coalitions of the team."""
        return {
            members: self.value(members) for members in named_coalitions(self.seats)
        }

    def shapley(self) -> dict[Seat, float]:
        """Return the exact Shapley values of the team."""
        table: NDArray[np.float64] = np.array(list(self.values().values()))
        return dict(zip(self.seats, exact(table).values.tolist(), strict=True))

    def pass_rate(self, members: Sequence[Seat]) -> float:
        """Return the mean pass rate of a team, by the hidden tests."""
        parts = portions(self.task, tuple(members), self.skills)
        if not parts:
            return self._rate({})
        mean = 0.0
        for ends in itertools.product(*(self.ends(part, members) for part in parts)):
            chance = prod(end.chance for end in ends)
            files: dict[str, str] = {}
            for part, end in zip(parts, ends, strict=True):
                files.update(part.text_with(end.fault))
            # What never happens need not be measured.
            mean += chance * self._rate(files) if chance > 0 else 0.0
        return mean

    def solving(self, members: Sequence[Seat]) -> float:
        """Return the probability with which a programmer of a team makes no fault."""
        if self.is_solo:
            return self.skills.alone
        # Several of a role say the same.
        return self.skills.solving(sorted({role_name(seat) for seat in members}))

    def ends(
        self, part: Portion, members: Sequence[Seat], stage: Stage = "tested"
    ) -> list[End]:
        """Return how the portion of a programmer stands at a stage, with a fault or without one."""
        ends = []
        for fault, made in self.makes(part, members):
            review, test = self.mending_chances(fault, members)
            chance = made
            if stage != "written":
                chance *= 1 - review
            if stage == "tested":
                chance *= 1 - test
            ends.append(End(fault, chance))
        whole = 1 - sum(end.chance for end in ends)
        return [End(None, whole), *ends]

    def makes(
        self, part: Portion, members: Sequence[Seat]
    ) -> Iterator[tuple[Mutant, float]]:
        """Yield each fault that a programmer may make, and how likely it does."""
        p = self.solving(members)
        weights = weights_of(part, self.skills)
        for fault, weight in zip(part.faults, weights, strict=True):
            yield fault, (1 - p) * weight

    def mending_chances(
        self, fault: Mutant, members: Sequence[Seat]
    ) -> tuple[float, float]:
        """Return how likely a fault is told of and mended after the review, and after the test."""
        roles = Counter(role_name(seat) for seat in members)
        missed = 1 - self.skills.reviewer_catches.get(fault.kind, 0.0)
        review = 1 - missed ** roles["reviewer"]
        missed = 1 - self.skills.tester_finds.get(fault.kind, 0.0)
        test = 1 - missed ** roles["tester"]
        return review * self.skills.mends, test * self.skills.mends

    def turns_of(self, seat: Seat, members: Sequence[Seat]) -> float:
        """Return the mean number of turns in which a seat of a team does something."""
        turns = float(TURNS[role_name(seat)])
        for part in portions(self.task, tuple(members), self.skills):
            if part.seat != seat:
                continue
            # Who has no file to write does nothing.
            turns += 1.0 if part.files else 0.0
            for fault, made in self.makes(part, members):
                review, test = self.mending_chances(fault, members)
                turns += made * (review + (1 - review) * test)
        return turns

    def _turns(self, members: Sequence[Seat]) -> float:
        return sum(self.turns_of(seat, members) for seat in members)

    def verdict(self, files: Mapping[str, str]) -> Verdict:
        """Return what the hidden tests say of the starting tree with files laid over it."""
        tree = {**self.task.files, **files}
        return hidden_verdict(self.task, tree, unsafe=self.unsafe)

    def _rate(self, files: Mapping[str, str]) -> float:
        return self.verdict(files).rate
