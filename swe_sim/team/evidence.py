"""Work evidence of a team: how much of each kind of work every seat did, counted as it is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.records import Seat
from shapley_coop.shapley.work_evidence import KINDS, Kind, evidence_shares
from swe_sim.team.desk import Desk
from swe_sim.team.moves import Turn, did_something
from swe_sim.team.phases import MENDING
from swe_sim.team.roles import WorkMove

_KIND_OF: Mapping[WorkMove, Kind] = {
    "assign": "decisions",
    "approve": "decisions",
    "reject": "decisions",
    "brief": "documents",
    "document": "documents",
}
"""Which kind of work a move is, beside those that write the product."""


def note_step(desk: Desk, turns: Sequence[Turn], before: Mapping[str, str]) -> None:
    """Count what was done in a step, before the desk goes on to the next phase.

    A file that is changed after a rejection is a fix of its author, and of each seat that rejected.

    Args:
        desk: the work after the step.
        turns: what the seats did.
        before: the product as it stood before the step.
    """
    for turn in turns:
        kind = _KIND_OF.get(turn.move)
        if kind is not None and did_something(turn):
            desk.deeds[turn.seat, kind] += 1
        if turn.move == "reject":
            desk.rejections.add(turn.seat)
    phase = desk.phase
    if phase is None or phase.name != MENDING:
        return
    for path, text in desk.tree.items():
        if before.get(path) == text:
            continue
        for seat in (desk.authors[path], *desk.rejections):
            desk.deeds[seat, "fixes"] += 1
    # What is rejected later is mended in a phase of its own.
    desk.rejections.clear()


def work_counts(desk: Desk, seats: Sequence[Seat]) -> dict[Seat, dict[Kind, float]]:
    """Return how much of each kind of work every seat did so far.

    Code counts by the lines of the product, for who wrote a file last.
    """
    counts: dict[Seat, dict[Kind, float]] = {}
    for seat in seats:
        counts[seat] = {kind: float(desk.deeds[seat, kind]) for kind in KINDS}
    for path, seat in desk.authors.items():
        lines = desk.tree.get(path, "").splitlines()
        counts[seat]["code"] += sum(1 for line in lines if line.strip())
    return counts


def work_shares(desk: Desk, seats: Sequence[Seat]) -> dict[Seat, float]:
    """Return each seat's share of the reward by work evidence. They sum to 1."""
    return evidence_shares(work_counts(desk, seats))
