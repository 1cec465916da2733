"""Writes across roles: every way in which a seat could reach a file that is not its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from shapley_coop.errors import IllegalMove
from shapley_coop.records import Seat, join_text
from swe_sim.team.game import SoftwareTeam
from swe_sim.team.moves import WRITE

MOST = 500
TASKS = ("bmi-calculator-0", "drawing-canvas-0", "broken-ledger-0")
ROLES = (
    *("ceo", "cpo", "cto", "counsellor"),
    *("programmer_0", "programmer_1", "reviewer", "tester"),
)
CODE = "def stolen():\n    return 1\n"
SCRIPTS = (
    "open({path!r}, 'w').write('x = 1')",
    "import os; os.remove({path!r})",
    "import pathlib; pathlib.Path('new.py').write_text('x = 1')",
    "import os; os.symlink('/tmp/x', 'link.py')",
    "import os; os.chmod({path!r}, 0o777); open({path!r}, 'a').write('#')",
    "import os; os.rename({path!r}, 'gone.py')",
    "import subprocess; subprocess.run(['sh', '-c', 'echo x > ' + {path!r}])",
    "import os; os.truncate({path!r}, 0)",
)
"""What a seat's own code tries. Each is one line of Python."""


class Try(NamedTuple):
    """One attempt of a seat to write what is not its own."""

    seat: Seat
    deed: str


def foreign_patch(path: str) -> str:
    """Return a patch that makes a file."""
    lines = "".join(f"+{line}\n" for line in CODE.splitlines())
    return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1,2 @@\n{lines}"


def tries(game: SoftwareTeam) -> Iterator[Try]:
    """Yield attempts at what the phase of a game would let nobody's mount allow."""
    paths = game.task.solution_paths
    tests = (*game.task.tests, *game.task.examples)
    for seat in game.seats:
        codes = game.role(seat).mount == "product"
        if not codes:
            for path in paths:
                yield Try(seat, join_text(f"write:{path}", CODE))
                yield Try(seat, join_text("patch", foreign_patch(path)))
            yield Try(seat, join_text("write", f"{paths[0]}\n{CODE}"))
        for path in (*tests, "../outside.py", ".git/hooks/x", "/etc/x", "conftest.py"):
            yield Try(seat, join_text("patch", foreign_patch(path)))
        if game.role(seat).mount == "nothing":
            yield Try(seat, join_text("document", CODE))
        for script in SCRIPTS:
            source = script.format(path=paths[0])
            yield Try(seat, join_text("run_code", source))


def writes() -> str:
    """Return how many attempts to write across roles succeed, in words."""
    refused, succeeded = count_writes(MOST)
    return (
        f"writes: {MOST} across roles, {succeeded} succeed; {refused} are no legal move, "
        f"{MOST - refused} were made and came to nothing"
    )


def count_writes(most: int) -> tuple[int, int]:
    """Return how many of some attempts in all phases are no legal move, and how many succeed."""
    moments = [moment for name in TASKS for moment in _moments(name)]
    every = [(game, one) for game in moments for one in tries(game)]
    # Evenly over tasks, phases, seats and ways.
    chosen = [every[number * len(every) // most] for number in range(most)]
    refused = succeeded = 0
    for game, one in chosen:
        before = _files(game)
        moment = game.snapshot()
        try:
            joint = dict.fromkeys(game.agents, "idle")
            game.apply({**joint, one.seat: one.deed})
        except IllegalMove:
            refused += 1
        succeeded += _files(game) != before
        game.restore(moment)
    return refused, succeeded


def _moments(name: str) -> Iterator[SoftwareTeam]:
    """Yield a team at each step, with a program that is there from coding on."""
    steps = SoftwareTeam(task=name, roles=ROLES).horizon
    for step in range(steps):
        game = SoftwareTeam(task=name, roles=ROLES)
        for _ in range(step):
            joint = dict.fromkeys(game.agents, "idle")
            for path in game.task.solution_paths:
                if f"{WRITE}{path}" in game.legal("programmer_0"):
                    text = game.task.solution[path]
                    joint["programmer_0"] = join_text(f"{WRITE}{path}", text)
            # Found wanting, so that the phases of mending are open too.
            if "reject" in game.legal("reviewer"):
                joint["reviewer"] = "reject"
            game.apply(joint)
        yield game


def _files(game: SoftwareTeam) -> tuple[dict[str, str], dict[str, str]]:
    return dict(game.desk.tree), dict(game.desk.documents)
