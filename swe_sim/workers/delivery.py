"""How likely a rule worker delivers a work item, in closed form."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from math import prod
from typing import NamedTuple

from shapley_coop.records import Seat
from swe_sim.judge import Verdict
from swe_sim.tasks import Item
from swe_sim.tasks.mutants import Mutant
from swe_sim.team.items import Acceptance
from swe_sim.workers.closed_form import ClosedForm, Stage
from swe_sim.workers.skills import portions


class Product(NamedTuple):
    """A product that a team may have at some stage."""

    faults: tuple[Mutant, ...]
    chance: float
    verdict: Verdict


class Deliveries:
    """The chances with which the seats of a whole team deliver their items."""

    def __init__(self, form: ClosedForm, accepting: Acceptance) -> None:
        self.form = form
        self.accepting = accepting
        self._parts = portions(form.task, form.seats, form.skills)
        self._chances: dict[tuple[str, Seat], float] = {}

    def chance(self, item: Item, seat: Seat) -> float:
        """Return how likely the tests accept an item that a seat does, or it decides rightly."""
        if (item.name, seat) not in self._chances:
            self._chances[item.name, seat] = self._chance(item)
        return self._chances[item.name, seat]

    def _chance(self, item: Item) -> float:
        if item.skill in ("plan", "document"):
            return 1.0
        skills = self.form.skills
        if item.skill == "review":
            return self._right("written", skills.reviewer_catches)
        if item.skill == "test":
            return self._right("reviewed", skills.tester_finds)
        accepting = self.accepting[item.path]
        chance = 0.0
        for product in self._products("tested"):
            if all(product.verdict.tests[node] for node in accepting):
                chance += product.chance
        return chance

    def _right(self, stage: Stage, sees: Mapping[str, float]) -> float:
        """Return how likely somebody decides rightly who sees a fault with these chances."""
        chance = 0.0
        for product in self._products(stage):
            if not self._parts:
                # Whoever looks sees that files are missing, and no more than that.
                missing = set(self.form.task.reference) - set(self.form.task.files)
                silent = 0.0 if missing else 1.0
            else:
                silent = prod(1 - sees.get(fault.kind, 0.0) for fault in product.faults)
            passes = all(product.verdict.tests.values())
            chance += product.chance * (silent if passes else 1 - silent)
        return chance

    def _products(self, stage: Stage) -> Iterator[Product]:
        """Yield what the product may be at a stage, with how likely it is."""
        seats = self.form.seats
        standings = [self.form.ends(part, seats, stage) for part in self._parts]
        for ends in itertools.product(*standings):
            chance = prod(end.chance for end in ends)
            # What never happens need not be measured.
            if chance <= 0:
                continue
            files: dict[str, str] = {}
            for part, end in zip(self._parts, ends, strict=True):
                files.update(part.text_with(end.fault))
            faults = tuple(end.fault for end in ends if end.fault is not None)
            yield Product(faults, chance, self.form.verdict(files))
