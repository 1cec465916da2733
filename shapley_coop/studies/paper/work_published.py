"""What the paper (arXiv 2506.07388) printed of its software team: Tables 3 and 11."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class TeamRole(NamedTuple):
    """What one role did and got."""

    work: tuple[int, int, int, int]
    """Counts of each kind of work, in the order of `work_evidence.KINDS`."""
    range: tuple[float, float]
    """Its expected share in percent as printed, at least and at most."""
    reward: float
    """What it was given, in percent."""


PROJECTS: Mapping[str, Mapping[str, TeamRole]] = {
    "BMI calculator": {
        "CEO": TeamRole((0, 3, 0, 0), (7.5, 17.5), 15),
        "Counselor": TeamRole((0, 0, 3, 0), (2.1, 6.4), 3),
        "CPO": TeamRole((0, 1, 4, 0), (5.4, 14.4), 20),
        "CTO": TeamRole((0, 2, 0, 0), (5.0, 11.7), 25),
        "Programmer": TeamRole((45, 0, 0, 3), (30.9, 47.1), 25),
        "Reviewer": TeamRole((7, 0, 0, 3), (11.1, 17.9), 12),
    },
    "ArtCanvas": {
        "CEO": TeamRole((0, 2, 0, 0), (4.3, 10.0), 5),
        "Counselor": TeamRole((0, 0, 2, 0), (1.3, 3.8), 5),
        "CPO": TeamRole((0, 1, 6, 0), (5.9, 16.3), 20),
        "CTO": TeamRole((0, 4, 0, 0), (8.6, 20.0), 10),
        "Programmer": TeamRole((41, 0, 0, 0), (26.4, 39.1), 35),
        "Reviewer": TeamRole((1, 0, 0, 2), (15.6, 25.9), 25),
    },
}
"""Table 3 by project and role."""

OTHER_REWARDS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "BMI calculator": (
        "released rerun",
        {
            "CEO": 10,
            "Counselor": 5,
            "CPO": 15,
            "CTO": 20,
            "Programmer": 30,
            "Reviewer": 20,
        },
    ),
    "ArtCanvas": (
        "Table 11, Banzhaf",
        {
            "CEO": 20,
            "Counselor": 5,
            "CPO": 5,
            "CTO": 20,
            "Programmer": 25,
            "Reviewer": 25,
        },
    ),
}
"""Other divisions of the same work, each with its name: that of the released log, and Table 11."""
