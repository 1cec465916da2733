"""Where a team's work stands: the product, the papers, what was said and decided, and the phase."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shapley_coop.records import Seat
from shapley_coop.shapley.work_evidence import Kind
from swe_sim.team.phases import Phase
from swe_sim.team.roles import ROLES, role_name


class Remark(NamedTuple):
    """Something that a seat said to all."""

    step: int
    seat: Seat
    text: str


class Check(NamedTuple):
    """What the visible tests said of the product."""

    step: int
    seat: Seat
    """Who had them run."""
    passed: int
    tests: int
    why: str


class Approval(NamedTuple):
    """A product that a seat approved."""

    step: int
    seat: Seat
    tree: Mapping[str, str]


@dataclass
class Desk:
    """All that changes while a team works. Games copy it deeply."""

    tree: dict[str, str]
    """The product."""
    phases: list[Phase]
    """The phases to come, the current one first."""
    documents: dict[str, str] = field(default_factory=dict)
    """Papers that are delivered beside the product and never run."""
    brief: str = ""
    assignees: dict[str, Seat] = field(default_factory=dict)
    """Who alone may write a file, by path."""
    authors: dict[str, Seat] = field(default_factory=dict)
    """Who wrote a file last, by path."""
    remarks: list[Remark] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    approvals: list[Approval] = field(default_factory=list)
    decisions: dict[Seat, bool] = field(default_factory=dict)
    """Whether a seat approved or rejected last."""
    decided_on: dict[Seat, Mapping[str, str]] = field(default_factory=dict)
    """The product that a seat approved or rejected last."""
    planners: set[Seat] = field(default_factory=set)
    """Seats that said in the design what is to be done."""
    documenter: Seat | None = None
    """Who wrote the document that there is."""
    notes: dict[Seat, list[str]] = field(default_factory=dict)
    """What came of each seat's move in the last step, for that seat."""
    outputs: dict[Seat, str] = field(default_factory=dict)
    """What a seat's own code printed last."""
    deeds: Counter[tuple[Seat, Kind]] = field(default_factory=Counter)
    """How much work of each kind a seat did, beside the lines of the product."""
    rejections: set[Seat] = field(default_factory=set)
    """Who rejected what is still to be mended."""
    turns: Counter[Seat] = field(default_factory=Counter)
    """Turns in which a seat did something."""
    ready: set[Seat] = field(default_factory=set)
    """Seats that are done with the current phase."""
    steps_in_phase: int = 0
    wanting: bool = False
    """Whether the work was found wanting, and can still be mended for that."""
    alarm: bool = False
    """Whether it was found wanting in the last step."""

    @property
    def phase(self) -> Phase | None:
        """The current phase, or None if the work is over."""
        return self.phases[0] if self.phases else None

    def is_open(self) -> bool:
        """Return whether the moves of the current phase are open."""
        phase = self.phase
        return phase is not None and (self.wanting or not phase.if_wanting)

    def note(self, seat: Seat, text: str) -> None:
        """Tell a seat what came of its move."""
        self.notes.setdefault(seat, []).append(text)

    def end_step(self) -> None:
        """Go on to the next phase if the steps of the current one are over."""
        phase = self.phase
        if phase is None:
            return
        self.steps_in_phase += 1
        if self.steps_in_phase < phase.steps:
            return
        self.phases.pop(0)
        self.ready = set()
        self.steps_in_phase = 0
        # What a review finds wanting is for the phase after it.
        following = self.phase
        if following is None or not following.if_wanting:
            self.wanting = False


def writers(seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return the seats whose moves can change the product."""
    return tuple(seat for seat in seats if ROLES[role_name(seat)].mount == "product")
