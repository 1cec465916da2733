"""The phases of the work as data, after ChatDev (Qian et al. 2024): who may do what, for how long.

A phase ends once all who have a move in it have handed over or decided, or when its steps are used
up. A phase in which nobody of the team has a move takes no time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from swe_sim.team.roles import Move


class Phase(NamedTuple):
    """A part of the work."""

    name: str
    steps: int
    """The most steps it takes."""
    moves: Mapping[str, tuple[Move, ...]]
    """By role, what of its moves it can do here."""
    mends: bool = False
    """Whether coding re-opens after it, for one step, if the work was found wanting."""


_CODE: tuple[Move, ...] = (
    *("write", "patch", "run_tests"),
    *("run_code", "comment", "hand_over"),
)
_DESIGN = Phase(
    "design",
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
    mends=True,
)
_TEST = Phase(
    "test",
    2,
    {"tester": ("run_tests", "run_code", "comment", "approve", "reject", "hand_over")},
    mends=True,
)
_DOCUMENTATION = Phase(
    "documentation",
    1,
    {"cpo": ("document", "hand_over"), "cto": ("document", "hand_over")},
)
MENDING = Phase("mending", 1, {"programmer": _CODE})
"""What follows a review or a test that found the work wanting."""


def team_phases(rounds: int) -> tuple[Phase, ...]:
    """Return the phases of a team.

    Args:
        rounds: how many rounds of files wait for each other, so that coding has a step for each.
    """
    coding = Phase(
        "coding",
        rounds + 1,
        {"programmer": _CODE, "cto": ("assign", "comment", "hand_over")},
    )
    return (_DESIGN, coding, _COMPLETING, _REVIEW, _TEST, _DOCUMENTATION)


def solo_phases(steps: int) -> tuple[Phase, ...]:
    """Return the one phase of a programmer who works alone for at most some steps."""
    moves: tuple[Move, ...] = ("write", "patch", "run_tests", "run_code", "hand_over")
    return (Phase("solo", steps, {"programmer": moves}),)


def most_steps(phases: Sequence[Phase]) -> int:
    """Return the most steps that phases take together, mending included."""
    return sum(phase.steps + phase.mends * MENDING.steps for phase in phases)
