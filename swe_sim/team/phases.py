"""The phases of the work as data, after ChatDev (Qian et al. 2024): who may do what, for how long.

Every phase takes its steps, whoever is absent: so who repeats in a smaller team what it did in a
larger one does it at the same time. A phase in which nobody of a whole team has a move is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.records import Seat
from swe_sim.team.roles import WorkMove, role_name

DESIGN = "design"
"""The phase in which the work is planned."""


class Phase(NamedTuple):
    """A part of the work."""

    name: str
    steps: int
    """How many steps it takes."""
    moves: Mapping[str, tuple[WorkMove, ...]]
    """By role, what of its moves it can do here."""
    if_wanting: bool = False
    """Whether its moves are open only if the phase before it found the work wanting."""


_CODE: tuple[WorkMove, ...] = (
    *("write", "patch", "run_tests"),
    *("run_code", "comment", "hand_over"),
)
_DESIGN = Phase(
    DESIGN,
    2,
    {
        "ceo": ("brief", "assign", "comment", "hand_over"),
        "cpo": ("brief", "comment", "hand_over"),
        "cto": ("brief", "assign", "comment", "hand_over"),
        "counsellor": ("comment", "hand_over"),
    },
)
_COMPLETING = Phase("completing", 1, {"programmer": _CODE})
_REVIEW = Phase(
    "review",
    2,
    {"reviewer": ("run_code", "comment", "approve", "reject", "hand_over")},
)
_TEST = Phase(
    "test",
    2,
    {"tester": ("run_tests", "run_code", "comment", "approve", "reject", "hand_over")},
)
_DOCUMENTATION = Phase(
    "documentation",
    1,
    {"cpo": ("document", "hand_over"), "cto": ("document", "hand_over")},
)
MENDING = "mending"
_MENDING = Phase(MENDING, 1, {"programmer": _CODE}, if_wanting=True)


def team_phases(roles: Collection[str], rounds: int) -> tuple[Phase, ...]:
    """Return the phases of a team.

    Args:
        roles: the roles that are there.
        rounds: how many rounds of files wait for each other, so that coding has a step for each.
    """
    coding = Phase(
        "coding",
        rounds + 1,
        {"programmer": _CODE, "cto": ("assign", "comment", "hand_over")},
    )
    phases = []
    for found, mends in (
        ((_DESIGN, coding, _COMPLETING), False),
        ((_REVIEW,), True),
        ((_TEST,), True),
        ((_DOCUMENTATION,), False),
    ):
        manned = [phase for phase in found if set(phase.moves) & set(roles)]
        phases += manned
        if manned and mends and "programmer" in roles:
            phases.append(_MENDING)
    return tuple(phases)


def solo_phases(steps: int) -> tuple[Phase, ...]:
    """Return the one phase of a programmer who works alone for at most some steps."""
    moves: tuple[WorkMove, ...] = (
        "write",
        "patch",
        "run_tests",
        "run_code",
        "hand_over",
    )
    return (Phase("solo", steps, {"programmer": moves}),)


def schedule_of(
    phases: Sequence[Phase],
    seats: Sequence[Seat],
    moves: Mapping[str, tuple[WorkMove, str]],
    idle: str,
) -> tuple[Mapping[Seat, tuple[str, ...]], ...]:
    """Return for each step the actions that seats may be offered then.

    Args:
        phases: what there is to do, in order.
        seats: the team.
        moves: each action's move and file.
        idle: the action that is always open.
    """
    schedule: list[Mapping[Seat, tuple[str, ...]]] = []
    for phase in phases:
        offers = {}
        for seat in seats:
            may = phase.moves.get(role_name(seat), ())
            actions = [action for action, (move, _) in moves.items() if move in may]
            offers[seat] = (idle, *actions)
        schedule += [offers] * phase.steps
    return tuple(schedule)


def steps_of(phases: Sequence[Phase]) -> int:
    """Return how many steps phases take together."""
    return sum(phase.steps for phase in phases)
