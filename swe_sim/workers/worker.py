"""A rule worker at a seat of a software team: what it plans, writes, sees and tells."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import ClassVar

from shapley_coop.interfaces.agent import Act, Place, View, Written
from shapley_coop.records import Beliefs, Move
from swe_sim.tasks import Task
from swe_sim.team.game import software_team
from swe_sim.team.moves import MOST_BRIEF, WRITE
from swe_sim.team.roles import MOST_SEATS, role_name
from swe_sim.workers.bargain import Bargain
from swe_sim.workers.closed_form import ClosedForm
from swe_sim.workers.market import Market
from swe_sim.workers.skills import Portion, Skills, portions, weights_of

PLANNERS = ("ceo", "cto", "counsellor")
"""Roles whose remarks a programmer listens to. The CPO's word is the brief."""


class RuleWorker:
    """Does the part of its role in a software team, with the skills that are stated for it.

    All that it leaves to chance is drawn when it sits down, in the same order in every team. So a
    seat draws the same in all coalitions whose generators are alike.
    """

    needs_model: ClassVar[bool] = False

    def __init__(self, place: Place, skills: Skills) -> None:
        game = software_team(place.game)
        self.seat = place.seat
        self.role = "solo" if game.solo else role_name(place.seat)
        self.task: Task = game.task
        self.skills = skills
        self.portions = portions(game.task, game.seats, skills)
        market = Market(ClosedForm(game, skills), game.acceptance)
        self.bargain = Bargain(market, self.seat)
        self._luck, self._choice, *self._mends = place.rng.random(4).tolist()
        # One for each programmer that a team can have.
        self._sights: list[float] = place.rng.random(MOST_SEATS).tolist()
        self._has_planned = False
        self._has_written = False
        self._mended_for: set[str] = set()

    async def believe(self, view: View) -> Beliefs | None:
        """State what coalitions are worth in closed form."""
        return self.bargain.beliefs(view)

    async def negotiate(self, view: View) -> Move | None:
        """Offer, and sign, what gives every seat its Shapley value in closed form."""
        return self.bargain.move(view)

    async def act(self, view: View) -> Act | None:
        """Do what the role has to do in the current phase, and otherwise nothing."""
        phase = view.facts["phase"]
        deed: Written | None = None
        if phase == "design":
            deed = self._plan()
        elif phase in ("coding", "solo"):
            deed = self._write(view)
        elif phase == "mending":
            deed = self._mend(view)
        elif (phase, self.role) in (("review", "reviewer"), ("test", "tester")):
            return self._check(view)
        elif phase == "documentation" and self.role == "cpo":
            deed = Written("document", f"# {self.task.family}\n\n{self.task.spec}")
        if deed is None or deed.action not in view.actions:
            return "idle"
        return deed

    def _plan(self) -> Written | None:
        if self._has_planned:
            return None
        self._has_planned = True
        if self.role == "cpo":
            return Written("brief", self.task.spec[:MOST_BRIEF])
        if self.role in PLANNERS:
            files = ", ".join(sorted(self.task.reference))
            return Written("comment", f"Write {files} as the specification says.")
        return None

    def _write(self, view: View) -> Written | None:
        own = self._own_portion()
        if own is None or self._has_written or not own.files:
            return None
        self._has_written = True
        p = self.skills.alone
        if self.role != "solo":
            p = self.skills.solving(_planners_heard(view))
        fault = None
        if self._luck >= p and own.faults:
            place = _chosen(weights_of(own, self.skills), self._choice)
            fault = own.faults[place]
        return _deed_of(view.facts["tree"], own.text_with(fault))

    def _mend(self, view: View) -> Written | None:
        """Mend a fault that a reviewer or a tester told of, once for each of them."""
        own = self._own_portion()
        fault = None if own is None else own.fault_in(view.facts["tree"])
        if own is None or fault is None:
            return None
        for luck, role in zip(self._mends, ("reviewer", "tester"), strict=True):
            tellers = [
                remark["seat"]
                for remark in view.facts["remarks"]
                if role_name(remark["seat"]) == role and fault.path in remark["text"]
            ]
            if not tellers or role in self._mended_for:
                continue
            self._mended_for.add(role)
            if luck < self.skills.mends:
                return _deed_of(view.facts["tree"], own.text_with(None))
        return None

    def _check(self, view: View) -> Act:
        """Run the visible tests as a tester, then say which faults are seen."""
        is_tester = self.role == "tester"
        if is_tester and view.facts["steps_left_in_phase"] > 1:
            return "run_tests" if "run_tests" in view.actions else "idle"
        skill = self.skills.tester_finds if is_tester else self.skills.reviewer_catches
        words = []
        for part, luck in zip(self.portions, self._sights, strict=False):
            fault = part.fault_in(view.facts["tree"])
            if fault is not None and luck < skill.get(fault.kind, 0.0):
                words.append(
                    f"{fault.path}, line {fault.line}: a fault of kind {fault.kind}"
                )
        missing = sorted(set(self.task.reference) - set(view.facts["tree"]))
        words += [f"{path} is missing" for path in missing]
        deed = Written("reject", "\n".join(words)) if words else Written("approve", "")
        return deed if deed.action in view.actions else "idle"

    def _own_portion(self) -> Portion | None:
        for part in self.portions:
            if part.seat == self.seat:
                return part
        return None


def _planners_heard(view: View) -> list[str]:
    """Return the roles of the planners whose word has come to a programmer."""
    heard = {role_name(remark["seat"]) for remark in view.facts["remarks"]}
    roles = [role for role in PLANNERS if role in heard]
    return [*roles, "cpo"] if view.facts["brief"] else roles


def _chosen(weights: Sequence[float], luck: float) -> int:
    """Return the place that a number in [0, 1) falls on."""
    below = 0.0
    for place, weight in enumerate(weights):
        below += weight
        if luck < below:
            return place
    return len(weights) - 1


def _deed_of(tree: Mapping[str, str], files: Mapping[str, str]) -> Written:
    """Return the move that puts files into a tree: one file as it is, several as a patch."""
    changes = {path: text for path, text in files.items() if tree.get(path) != text}
    if len(changes) == 1:
        ((path, text),) = changes.items()
        return Written(f"{WRITE}{path}", text)
    parts: list[str] = []
    for path, text in changes.items():
        before = tree.get(path)
        old = "/dev/null" if before is None else f"a/{path}"
        lines = (before or "").splitlines(keepends=True)
        new_lines = text.splitlines(keepends=True)
        parts += difflib.unified_diff(lines, new_lines, old, f"b/{path}")
    return Written("patch", "".join(parts))
