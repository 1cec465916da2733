"""What is known of a team's work once it is over: what passed, and who approved what."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from shapley_coop.records import Facts, Seat
from swe_sim.tasks import Task
from swe_sim.team import judging
from swe_sim.team.desk import Desk
from swe_sim.team.evidence import work_counts, work_shares
from swe_sim.team.roles import Role


class Approvals(NamedTuple):
    """How often a seat approved a program, and how often that program failed hidden tests."""

    given: int
    wrong: int


class Aftermath(NamedTuple):
    """A play of the software team, looked at from its end."""

    pass_rate: float
    """Weighted share of the hidden tests that pass."""
    start_rate: float
    """The same of the starting tree, which was there before anybody worked."""
    turns: int
    """Turns in which some seat did something: what a programmer alone may use too."""
    approvals: dict[Seat, Approvals]
    """Of each seat that can approve."""
    evidence: dict[Seat, float]
    """Each seat's share by work evidence. They sum to 1."""
    work: Mapping[Seat, Mapping[str, float]] = MappingProxyType({})
    """How much of each kind of work every seat did, on which the evidence rests. Empty in records
    that do not tell."""


def aftermath_of(
    desk: Desk,
    task: Task,
    roles: Mapping[Seat, Role],
    *,
    unsafe: bool,
) -> Facts:
    """Return what the record of a play keeps of the work.

    Args:
        desk: the work at its end.
        task: what was asked for.
        roles: the role of each seat of the team.
        unsafe: whether code also runs where no layer of the sandbox holds.
    """

    def rate(tree: Mapping[str, str]) -> float:
        return judging.hidden_verdict(task, tree, unsafe=unsafe).rate

    approvals = {}
    for seat, role in roles.items():
        if "approve" not in role.moves:
            continue
        trees = [one.tree for one in desk.approvals if one.seat == seat]
        wrong = sum(not _passes(task, tree, unsafe=unsafe) for tree in trees)
        approvals[seat] = Approvals(len(trees), wrong)._asdict()
    return {
        "pass_rate": rate(desk.tree),
        "start_rate": rate(task.files),
        "turns": sum(desk.turns.values()),
        "approvals": approvals,
        "evidence": work_shares(desk, tuple(roles)),
        "work": work_counts(desk, tuple(roles)),
    }


def _passes(task: Task, tree: Mapping[str, str], *, unsafe: bool) -> bool:
    verdict = judging.hidden_verdict(task, tree, unsafe=unsafe)
    return all(verdict.tests.values())


def aftermath_in(record: Facts) -> Aftermath | None:
    """Return an aftermath as the record of a play keeps it, or None if it is no team's."""
    needs = set(Aftermath._fields) - set(Aftermath._field_defaults)
    if not needs <= set(record):
        return None
    approvals = {}
    for seat, counts in record["approvals"].items():
        approvals[seat] = Approvals(**counts)
    # Other versions may keep less of a play, or more.
    known = {name: record[name] for name in Aftermath._fields if name in record}
    return Aftermath(**{**known, "approvals": approvals})
