"""What each seat of a team may see: its facts, of bounded size, by what its role reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapley_coop.records import Facts, Seat
from swe_sim.tasks import Task
from swe_sim.team.desk import Desk
from swe_sim.team.moves import DOCUMENT
from swe_sim.team.roles import Role

MOST_FILE = 6000
"""Characters of one file that are shown."""
MOST_TREE = 24_000
"""Characters of all files that are shown."""
MOST_SPEC = 12_000
SHOWN_REMARKS = 12
SHOWN_NOTES = 6


def work_picture(desk: Desk, place: str) -> str:
    """Return where the work stands, its files and the last test run as a few lines."""
    phase = "over" if desk.phase is None else desk.phase.name
    lines = [f"{place}, {phase}"]
    for path, text in sorted(desk.tree.items()):
        author = desk.authors.get(path, "the task")
        lines.append(f"{path}: {len(text.splitlines())} lines by {author}")
    if desk.checks:
        last = desk.checks[-1]
        lines.append(f"visible tests: {last.passed} of {last.tests} pass")
    return "\n".join(lines)


def work_facts(desk: Desk, task: Task, seat: Seat, role: Role) -> Facts:
    """Return what a seat sees of the work, as JSON values."""
    phase = desk.phase
    facts: dict[str, Any] = {
        "about": role.about,
        "phase": None if phase is None else phase.name,
        "steps_left_in_phase": 0
        if phase is None
        else phase.steps - desk.steps_in_phase,
        "files": {
            path: desk.assignees.get(path) for path in sorted(_paths(desk, task))
        },
        "remarks": [
            {"step": remark.step, "seat": remark.seat, "text": remark.text}
            for remark in desk.remarks[-SHOWN_REMARKS:]
        ],
        "decisions": {
            name: "approved" if verdict else "rejected"
            for name, verdict in desk.decisions.items()
        },
        "notes": desk.notes.get(seat, [])[-SHOWN_NOTES:],
        "documented": DOCUMENT in desk.documents,
    }
    if "spec" in role.reads:
        facts["spec"] = excerpt(task.spec, MOST_SPEC)
    if "brief" in role.reads:
        facts["brief"] = desk.brief
    if "tree" in role.reads:
        facts["tree"] = excerpts(desk.tree)
    if "examples" in role.reads:
        facts["examples"] = excerpts(task.examples)
    if "verdicts" in role.reads:
        facts["tests"] = _last_check(desk)
    if "run_code" in role.moves:
        facts["output"] = desk.outputs.get(seat, "")
    return facts


def _paths(desk: Desk, task: Task) -> set[str]:
    """Return the files of the product: those that there are, and those that are to be."""
    return {*task.solution_paths, *desk.tree, *desk.assignees}


def _last_check(desk: Desk) -> dict[str, Any] | None:
    if not desk.checks:
        return None
    last = desk.checks[-1]
    return {
        "step": last.step,
        "by": last.seat,
        "passed": last.passed,
        "of": last.tests,
        "why": last.why,
    }


def excerpt(text: str, most: int) -> str:
    """Return a text, or its beginning and how much is missing."""
    if len(text) <= most:
        return text
    return f"{text[:most]}\n… {len(text) - most} more characters"


def excerpts(tree: Mapping[str, str]) -> dict[str, str]:
    """Return files as far as they are shown. Those that find no room are named."""
    left = MOST_TREE
    files = {}
    for path, text in sorted(tree.items()):
        files[path] = excerpt(text, min(MOST_FILE, left))
        left = max(0, left - len(text))
    return files
