"""Work evidence of a play of the software team, from the engine's own log of it."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step
from shapley_coop.shapley.work_evidence import KINDS, Kind, evidence_shares
from swe_sim.team.game import SoftwareTeam, software_team

_MOVES: dict[str, Kind] = {
    "assign": "decisions",
    "approve": "decisions",
    "reject": "decisions",
    "brief": "documents",
    "document": "documents",
}
"""Which kind of work a move is, beside those that write the product."""
MENDING = "mending"


def work_counts(
    game: Game, seed: int, steps: Sequence[Step]
) -> dict[Seat, dict[Kind, float]]:
    """Return how much of each kind of work every seat did, without anybody being asked again.

    Code counts by the lines of the delivered product, for who wrote a file last. A file that is
    changed after a rejection is a fix of its author, and of each seat that rejected.

    Raises:
        ConfigError: The game is no software team.
    """
    stage = software_team(game.fresh())
    stage.start(seed)
    counts: dict[Seat, dict[Kind, float]] = {}
    for seat in stage.seats:
        counts[seat] = dict.fromkeys(KINDS, 0.0)
    rejections: set[Seat] = set()
    for step in steps:
        phase = stage.desk.phase
        before = dict(stage.desk.tree)
        stage.apply(step.deeds)
        for seat, action in step.actions.items():
            if action in _MOVES:
                counts[seat][_MOVES[action]] += 1
            if action == "reject":
                rejections.add(seat)
        if phase is not None and phase.name == MENDING:
            _count_fixes(stage, before, rejections, counts)
            # What is rejected later is mended in a phase of its own.
            rejections.clear()
    for path, seat in stage.desk.authors.items():
        lines = stage.desk.tree.get(path, "").splitlines()
        counts[seat]["code"] += sum(1 for line in lines if line.strip())
    return counts


def _count_fixes(
    stage: SoftwareTeam,
    before: dict[str, str],
    rejections: set[Seat],
    counts: dict[Seat, dict[Kind, float]],
) -> None:
    for path, text in stage.desk.tree.items():
        if before.get(path) == text:
            continue
        counts[stage.desk.authors[path]]["fixes"] += 1
        for seat in rejections:
            counts[seat]["fixes"] += 1


def team_shares(game: Game, seed: int, steps: Sequence[Step]) -> dict[Seat, float]:
    """Return each seat's share of the reward by work evidence. They sum to 1."""
    return evidence_shares(work_counts(game, seed, steps))
