"""The named outcomes of a team's work, which contracts can be conditioned on."""

from __future__ import annotations

from collections.abc import Sequence

from shapley_coop.records import Seat
from swe_sim.judge import Verdict
from swe_sim.tasks import Task
from swe_sim.team.desk import Desk
from swe_sim.team.items import item_outcomes
from swe_sim.team.moves import DOCUMENT
from swe_sim.team.roles import role_name

MOST_TESTS = 24
"""Hidden tests up to which each is an outcome of its own. Of more, each file of tests is one."""


def names(task: Task, seats: Sequence[Seat]) -> tuple[str, ...]:
    """Return every outcome that the work of a team on a task can have."""
    programmers = [seat for seat in seats if role_name(seat) == "programmer"]
    written = []
    for path in task.solution_paths:
        written += [f"wrote:{path}:{seat}" for seat in programmers]
    tests = dict.fromkeys(test_outcome(task, node) for node in task.expected)
    return (
        *("passed", "delivered", "approved", "tested", "documented"),
        *written,
        *item_outcomes(task, seats),
        *tests,
    )


def test_outcome(task: Task, node: str) -> str:
    """Return the outcome that a hidden test belongs to, such as `test:test_adds`."""
    file, _, function = node.partition("::")
    name = function if len(task.expected) <= MOST_TESTS else file
    return f"test:{name}"


def outcomes_now(desk: Desk, task: Task, final: Verdict | None) -> frozenset[str]:
    """Return the outcomes that hold.

    Args:
        desk: the work as it stands.
        task: what is asked for.
        final: what the hidden tests said, once the work is over. None before that.
    """
    outcomes = {f"wrote:{path}:{seat}" for path, seat in desk.authors.items()}
    if desk.authors:
        outcomes.add("delivered")
    if desk.decisions and all(desk.decisions.values()):
        outcomes.add("approved")
    if desk.checks and desk.checks[-1].passed == desk.checks[-1].tests > 0:
        outcomes.add("tested")
    if DOCUMENT in desk.documents:
        outcomes.add("documented")
    if final is None:
        return frozenset(outcomes)
    if final.tests and all(final.tests.values()):
        outcomes.add("passed")
    # A group of tests passes if all of it does.
    groups: dict[str, bool] = {}
    for node, is_passed in final.tests.items():
        group = test_outcome(task, node)
        groups[group] = groups.get(group, True) and is_passed
    outcomes |= {group for group, is_passed in groups.items() if is_passed}
    return frozenset(outcomes)
