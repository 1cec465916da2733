"""What rule workers can do, as probabilities, and the faults that they may make."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from shapley_coop.errors import ConfigError
from shapley_coop.records import Seat
from swe_sim.tasks import Task
from swe_sim.tasks.mutants import KINDS, Mutant, draw_mutants
from swe_sim.team.roles import role_name

FAULT_KINDS = ("branch", "comparison", "constant", "edge", "operator", "return")
"""The kinds of faults that programmers make unless it is said otherwise."""


def _evenly(probability: float) -> dict[str, float]:
    return dict.fromkeys(FAULT_KINDS, probability)


@dataclass(frozen=True)
class Skills:
    """Probabilities of what the workers of a team do. All draws are independent of each other."""

    solves: float = 0.3
    """That a programmer who was told nothing writes its files without a fault."""
    lifts: Mapping[str, float] = field(
        default_factory=lambda: {
            "ceo": 0.05,
            "cpo": 0.2,
            "cto": 0.1,
            "counsellor": 0.05,
        }
    )
    """By how much the word of a planner raises that, by role."""
    alone: float = 0.6
    """That a programmer who works alone, and reads the specification, makes no fault."""
    faults: Mapping[str, float] = field(default_factory=lambda: _evenly(1.0))
    """How often a faulty programmer makes each kind of fault, as weights."""
    reviewer_catches: Mapping[str, float] = field(
        default_factory=lambda: {**_evenly(0.5), "branch": 0.8, "return": 0.8}
    )
    """That a reviewer sees a fault, by kind."""
    tester_finds: Mapping[str, float] = field(
        default_factory=lambda: {**_evenly(0.4), "edge": 0.7, "constant": 0.6}
    )
    """That a tester finds a fault, by kind."""
    mends: float = 0.8
    """That a programmer mends a fault that it was told of."""

    def __post_init__(self) -> None:
        """Refuse what is no probability, and unknown kinds and roles."""
        chances = [
            ("solves", self.solves),
            ("alone", self.alone),
            ("mends", self.mends),
        ]
        for table in (self.reviewer_catches, self.tester_finds, self.lifts):
            chances += table.items()
        for name, chance in chances:
            if not 0 <= chance <= 1:
                raise ConfigError(f"{name} is {chance}; a probability is from 0 to 1")
        kinds = {*self.faults, *self.reviewer_catches, *self.tester_finds}
        strange = sorted(kinds - set(KINDS))
        if strange:
            known = ", ".join(KINDS)
            raise ConfigError(f"unknown kinds of faults {strange}; known: {known}")
        if min(self.faults.values(), default=0) < 0 or not sum(self.faults.values()):
            raise ConfigError("weights of faults have to be at least 0, and not all 0")

    def solving(self, words: Sequence[str]) -> float:
        """Return the probability of no fault after the words of planners of these roles."""
        return min(1.0, self.solves + sum(self.lifts.get(role, 0.0) for role in words))


@dataclass(frozen=True)
class Portion:
    """The files that one programmer writes, rightly and with each fault that it may make."""

    seat: Seat
    files: Mapping[str, str]
    """The files as the reference has them."""
    faults: tuple[Mutant, ...]
    """One fault a kind, as far as the files can have it."""

    def text_with(self, fault: Mutant | None) -> dict[str, str]:
        """Return the files with a fault, or without one."""
        if fault is None:
            return dict(self.files)
        return {path: fault.tree[path] for path in self.files}

    def fault_in(self, tree: Mapping[str, str]) -> Mutant | None:
        """Return the fault of the portion that a tree has, or None."""
        for fault in self.faults:
            if tree.get(fault.path) == fault.tree[fault.path]:
                return fault
        return None


def portions(
    task: Task, seats: tuple[Seat, ...], skills: Skills
) -> tuple[Portion, ...]:
    """Return who of a team writes which files of the reference: its programmers take turns."""
    programmers = [seat for seat in seats if role_name(seat) == "programmer"]
    paths = sorted(task.reference)
    made = []
    for number, seat in enumerate(programmers):
        own = {path: task.reference[path] for path in paths[number :: len(programmers)]}
        kinds = tuple(sorted(kind for kind, weight in skills.faults.items() if weight))
        faults = _faults_of(task.id, tuple(own.items()), kinds)
        made.append(Portion(seat, own, faults))
    return tuple(made)


# All seats of all plays of a task share these, and making them takes longer than a step.
@lru_cache(maxsize=1024)
def _faults_of(
    task: str, files: tuple[tuple[str, str], ...], kinds: tuple[str, ...]
) -> tuple[Mutant, ...]:
    """Return one fault a kind in some files. They are the same ones in all teams and episodes."""
    faults: list[Mutant] = []
    for kind in kinds:
        label = f"{task} {kind} {[path for path, _ in files]}"
        rng = np.random.default_rng(zlib.crc32(label.encode()))
        faults += draw_mutants(dict(files), 1, rng, (kind,))
    return tuple(faults)


def weights_of(portion: Portion, skills: Skills) -> list[float]:
    """Return how likely each fault of a portion is for a programmer who makes one."""
    weights = [skills.faults[fault.kind] for fault in portion.faults]
    total = sum(weights)
    return [weight / total for weight in weights]
