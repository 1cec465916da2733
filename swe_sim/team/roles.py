"""The roles of a software team as data: what a role reads, where it writes, which moves it has.

Roles are kept apart by what they can reach and not by what they are told: who reads the
specification has no move that writes code, and who writes code reads the brief.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.records import Seat

Shelf = Literal["spec", "brief", "tree", "examples", "verdicts"]
"""What a role can read, beside the talk that all read."""
Mount = Literal["nothing", "documents", "product"]
"""Where the moves of a role can write."""
WorkMove = Literal[
    "assign",
    "brief",
    "comment",
    "write",
    "patch",
    "run_tests",
    "run_code",
    "approve",
    "reject",
    "document",
    "hand_over",
]


class Role(NamedTuple):
    """What somebody in a role reads, writes and does."""

    reads: frozenset[Shelf]
    mount: Mount
    moves: tuple[WorkMove, ...]
    about: str
    """What it is there for, in a few words for whoever plays it."""


ROLES: Mapping[str, Role] = {
    "ceo": Role(
        frozenset({"spec", "brief"}),
        "nothing",
        ("brief", "assign", "comment", "hand_over"),
        "leads the team and says who does what",
    ),
    "cpo": Role(
        frozenset({"spec", "brief"}),
        "documents",
        ("brief", "comment", "document", "hand_over"),
        "turns the specification into a brief that programmers can work from",
    ),
    "cto": Role(
        frozenset({"spec", "brief", "tree", "verdicts"}),
        "documents",
        ("brief", "assign", "comment", "document", "hand_over"),
        "plans the files and hands them out",
    ),
    "counsellor": Role(
        frozenset({"spec", "brief"}),
        "nothing",
        ("comment", "hand_over"),
        "gives advice to the planners",
    ),
    "programmer": Role(
        frozenset({"brief", "tree", "examples", "verdicts"}),
        "product",
        ("write", "patch", "run_tests", "run_code", "comment", "hand_over"),
        "writes the code from the brief",
    ),
    "reviewer": Role(
        frozenset({"spec", "brief", "tree", "examples", "verdicts"}),
        "nothing",
        ("run_code", "comment", "approve", "reject", "hand_over"),
        "reads the code against the specification and approves or rejects it",
    ),
    "tester": Role(
        frozenset({"spec", "brief", "tree", "examples", "verdicts"}),
        "nothing",
        ("run_tests", "run_code", "comment", "approve", "reject", "hand_over"),
        "runs the code and reports what fails",
    ),
}
SOLO = Role(
    frozenset({"spec", "brief", "tree", "examples", "verdicts"}),
    "product",
    ("write", "patch", "run_tests", "run_code", "hand_over"),
    "does all of the work alone",
)
"""The one programmer that a team is compared with, who reads and writes all."""

DEFAULT_TEAM: tuple[Seat, ...] = (
    *("ceo", "cpo", "cto"),
    *("programmer_0", "reviewer", "tester"),
)
MOST_SEATS = 12
_NUMBERED = "_"


def role_name(seat: Seat) -> str:
    """Return the role of a seat: its name without the number, such as `programmer`."""
    head, _, number = seat.rpartition(_NUMBERED)
    return head if head and number.isdecimal() else seat


def check_team(seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return the seats of a team as they are.

    Raises:
        ConfigError: there are none or too many, two are alike, or one names no role.
    """
    if isinstance(seats, str) or not 1 <= len(seats) <= MOST_SEATS:
        raise ConfigError(
            f"a team has 1 to {MOST_SEATS} seats, such as {list(DEFAULT_TEAM)}; given: "
            f"{seats!r}",
            field="game.roles",
        )
    for seat in seats:
        if not isinstance(seat, str) or role_name(seat) not in ROLES:
            hint = "several of one role are numbered, as programmer_0 and programmer_1"
            raise ConfigError(
                unknown("role", str(seat), tuple(ROLES), hint=hint), field="game.roles"
            )
    if len(set(seats)) < len(seats):
        raise ConfigError(
            f"each seat of a team needs a name of its own; given: {list(seats)}",
            field="game.roles",
        )
    return tuple(seats)
