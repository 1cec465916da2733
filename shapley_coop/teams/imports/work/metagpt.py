"""RoleMessage logs of MetaGPT (Hong et al. 2024): who wrote what, caused by which action.

Its stored teams and memories hold messages, at whatever depth: objects with `content`, `role` and
`cause_by`, the name of the action that made them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shapley_coop.shapley.work_evidence import KINDS, Kind
from shapley_coop.teams.imports.work.chatdev import code_lines
from shapley_coop.teams.imports.work.condensed import is_object

ACTIONS: Mapping[str, Kind | None] = {
    "UserRequirement": None,
    "RunCode": None,
    "PrepareDocuments": "documents",
    "WritePRD": "documents",
    "WritePRDReview": "documents",
    "SummarizeCode": "documents",
    "WriteDocstring": "documents",
    "WriteDesign": "decisions",
    "DesignReview": "decisions",
    "WriteTasks": "decisions",
    "AssignTasks": "decisions",
    "WriteCode": "code",
    "WriteTest": "code",
    "WriteCodeReview": "fixes",
    "DebugError": "fixes",
    "FixBug": "fixes",
}
"""Which kind of work an action is, None for what is no work. Others count as decisions."""
DEEPEST = 40
PEOPLE = ("Human", "User", "user", "")
"""Roles that are no seats of the team."""


class RoleMessage(NamedTuple):
    """What a role wrote."""

    role: str
    action: str
    content: str


def messages(value: object, depth: int = 0) -> Iterator[RoleMessage]:
    """Yield all messages in a JSON value, whose objects are pairs, in order."""
    if not isinstance(value, list) or depth > DEEPEST:
        return
    if not is_object(value):
        for part in value:
            yield from messages(part, depth + 1)
        return
    match dict(value):
        case {
            "role": str(role),
            "cause_by": str(cause),
            "content": str(content),
        } if role not in PEOPLE:
            yield RoleMessage(role, cause.rpartition(".")[2], content)
        case _:
            for _, part in value:
                yield from messages(part, depth + 1)


def count_messages(value: object) -> dict[str, dict[Kind, float]]:
    """Return the amounts of work by role: lines of code, and messages of the other kinds.

    A message that is stored several times, as in the memories of all who read it, counts once.
    """
    counts: dict[str, dict[Kind, float]] = {}
    for message in dict.fromkeys(messages(value)):
        totals = counts.setdefault(message.role, dict.fromkeys(KINDS, 0.0))
        kind = ACTIONS.get(message.action, "decisions")
        if kind is None:
            continue
        lines = code_lines(message.content) if kind == "code" else 1
        totals[kind] += lines or len(message.content.strip().splitlines())
    return counts
