"""What each move of a seat does to the desk. What cannot be done is told to the seat that tried."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from shapley_coop.records import Seat
from shapley_coop.records.words import clean
from swe_sim.judge import Verdict
from swe_sim.sandbox import Outcome
from swe_sim.tasks import Task
from swe_sim.team.desk import Approval, Check, Desk, Remark
from swe_sim.team.phases import DESIGN
from swe_sim.team.roles import WorkMove, role_name
from swe_sim.tree import TreeError, apply_patch, check_text, check_tree, safe_path

MOST_REMARK = 2000
"""Characters of one remark that are kept."""
MOST_BRIEF = 8000
"""Characters of the brief that are kept."""
MOST_OUTPUT = 2000
"""Characters of what code printed that its seat is shown."""
MOST_NOTE = 400
MOST_REMARKS = 200
DOCUMENT = "README.md"
WRITE = "write:"
"""What the name of an action begins with that writes one file."""


class Turn(NamedTuple):
    """One move of one seat."""

    seat: Seat
    move: WorkMove
    path: str
    """The file that it is about, or nothing."""
    text: str | None
    """What the seat wrote. None if it wrote nothing."""

    @property
    def words(self) -> str:
        """What the seat wrote, empty if that is nothing."""
        return self.text or ""


class Bench(NamedTuple):
    """What moves work with beside the desk."""

    task: Task
    seats: tuple[Seat, ...]
    before: Mapping[str, str]
    """The product as it stood before the step, which is what tests and code of the step see."""
    step: int
    visible: Callable[[Mapping[str, str]], Verdict]
    """Runs the visible tests."""
    script: Callable[[Mapping[str, str], str], Outcome]
    """Runs a seat's own code, which can write nothing."""


def make_move(desk: Desk, turn: Turn, bench: Bench) -> None:
    """Let a move change the desk. A fault is noted for its seat and changes nothing."""
    desk.turns[turn.seat] += 1
    if not did_something(turn):
        desk.note(turn.seat, f"{turn.move} came without a text, so it did nothing")
        return
    try:
        _MOVES[turn.move](desk, turn, bench)
    except TreeError as fault:
        desk.note(turn.seat, clean(f"{turn.move} was refused: {fault}", MOST_NOTE))


def did_something(turn: Turn) -> bool:
    """Return whether a move came with the text that it needs."""
    return turn.text is not None or turn.move not in _NEED_TEXT


def writable(desk: Desk, task: Task, seat: Seat, path: str) -> str | None:
    """Return why a seat with the product's mount cannot write a path, or None if it can."""
    if path in task.examples or path in task.tests:
        return f"{path!r} holds tests, which nobody of the team can change"
    allowed = task.solution_paths
    if allowed and path not in allowed:
        return f"{path!r} is no file of this task; its files are: {', '.join(allowed)}"
    assignee = desk.assignees.get(path, seat)
    if assignee != seat:
        return f"{path!r} was assigned to {assignee}"
    return None


def _write(desk: Desk, turn: Turn, bench: Bench) -> None:
    path, text = turn.path, turn.words
    if not path:
        # Where a task leaves its files open, the first line names the file.
        path, _, text = text.partition("\n")
        path = path.strip()
    _put(desk, turn.seat, {**desk.tree, safe_path(path): text}, bench)


def _patch(desk: Desk, turn: Turn, bench: Bench) -> None:
    _put(desk, turn.seat, apply_patch(desk.tree, turn.words), bench)


def _put(desk: Desk, seat: Seat, tree: Mapping[str, str], bench: Bench) -> None:
    """Make a tree the product, if the seat may write every file that differs."""
    paths = sorted(tree.keys() | desk.tree.keys())
    changes = [path for path in paths if tree.get(path) != desk.tree.get(path)]
    for path in changes:
        refusal = writable(desk, bench.task, seat, path)
        if refusal is not None:
            raise TreeError(refusal)
        check_text(path, tree.get(path, ""))
    check_tree(tree)
    desk.tree = dict(tree)
    for path in changes:
        desk.authors[path] = seat
        desk.note(seat, f"{path} was written")
    if not changes:
        desk.note(seat, "nothing of the product changed")


def _run_tests(desk: Desk, turn: Turn, bench: Bench) -> None:
    verdict = bench.visible(bench.before)
    passed = sum(verdict.tests.values())
    why = clean(verdict.why, MOST_OUTPUT)
    if verdict.ended_by is not None:
        why = f"ended by the limit on {verdict.ended_by}. {why}"
    desk.checks.append(
        Check(bench.step, turn.seat, passed, len(verdict.tests), why.strip())
    )
    is_tester = role_name(turn.seat) == "tester"
    if is_tester and passed < max(1, len(verdict.tests)):
        _find_wanting(desk)


def _run_code(desk: Desk, turn: Turn, bench: Bench) -> None:
    outcome = bench.script(bench.before, check_text("the code", turn.words))
    parts = [outcome.stdout, outcome.stderr]
    if outcome.ended_by is not None:
        parts.append(f"ended by the limit on {outcome.ended_by}")
    elif outcome.status != 0:
        parts.append(f"exit status {outcome.status}")
    printed = "\n".join(part.strip("\n") for part in parts if part)
    desk.outputs[turn.seat] = printed[-MOST_OUTPUT:]


def _brief(desk: Desk, turn: Turn, _bench: Bench) -> None:
    desk.brief = turn.words[:MOST_BRIEF]
    _plan(desk, turn)


def _assign(desk: Desk, turn: Turn, bench: Bench) -> None:
    """Read lines `PATH: SEAT`. A line that says something else is noted, and the others count."""
    programmers = [seat for seat in bench.seats if role_name(seat) == "programmer"]
    for line in turn.words.splitlines()[:MOST_REMARKS]:
        path, colon, seat = (part.strip() for part in line.rpartition(":"))
        if not line.strip():
            continue
        if not colon or seat not in programmers:
            known = ", ".join(programmers) or "nobody"
            fault = (
                f"{line!r} assigns nothing; write PATH: SEAT, with a seat of: {known}"
            )
            desk.note(turn.seat, clean(fault, MOST_NOTE))
            continue
        try:
            desk.assignees[safe_path(path)] = seat
            _plan(desk, turn)
        except TreeError as fault:
            desk.note(turn.seat, clean(str(fault), MOST_NOTE))


def _plan(desk: Desk, turn: Turn) -> None:
    """Note who said something in the design, which is what a plan consists of."""
    if desk.phase is not None and desk.phase.name == DESIGN:
        desk.planners.add(turn.seat)


def _comment(desk: Desk, turn: Turn, bench: Bench) -> None:
    if len(desk.remarks) < MOST_REMARKS and turn.words.strip():
        text = turn.words[:MOST_REMARK]
        desk.remarks.append(Remark(bench.step, turn.seat, text))
        _plan(desk, turn)


def _approve(desk: Desk, turn: Turn, bench: Bench) -> None:
    _decide(desk, turn, bench, approves=True)
    desk.approvals.append(Approval(bench.step, turn.seat, dict(bench.before)))


def _reject(desk: Desk, turn: Turn, bench: Bench) -> None:
    _decide(desk, turn, bench, approves=False)
    _find_wanting(desk)


def _decide(desk: Desk, turn: Turn, bench: Bench, *, approves: bool) -> None:
    _comment(desk, turn, bench)
    desk.decisions[turn.seat] = approves
    desk.decided_on[turn.seat] = dict(bench.before)
    desk.ready.add(turn.seat)


def _find_wanting(desk: Desk) -> None:
    desk.wanting = True
    desk.alarm = True


def _document(desk: Desk, turn: Turn, _bench: Bench) -> None:
    desk.documents[DOCUMENT] = check_text(DOCUMENT, turn.words)
    desk.documenter = turn.seat


def _hand_over(desk: Desk, turn: Turn, _bench: Bench) -> None:
    desk.ready.add(turn.seat)


_MOVES: Mapping[WorkMove, Callable[[Desk, Turn, Bench], None]] = {
    "assign": _assign,
    "brief": _brief,
    "comment": _comment,
    "write": _write,
    "patch": _patch,
    "run_tests": _run_tests,
    "run_code": _run_code,
    "approve": _approve,
    "reject": _reject,
    "document": _document,
    "hand_over": _hand_over,
}
_NEED_TEXT: frozenset[WorkMove] = frozenset(
    {"assign", "brief", "comment", "write", "patch", "run_code", "document"}
)
"""Moves that are nothing without a text."""
MAY_WRITE: frozenset[WorkMove] = _NEED_TEXT | {"approve", "reject"}
"""Moves that take a text."""
