"""The judge of a process: one warm pytest for all teams, which tests no tree twice."""

from __future__ import annotations

import ast
import atexit
import sys
import threading
from collections.abc import Mapping
from functools import cache

from swe_sim.judge import Judge, Verdict
from swe_sim.sandbox import Limits, Outcome, run
from swe_sim.tasks import Task

LIMITS = Limits(wall=10.0, cpu=10.0)
"""What one run of tests, or of a seat's own code, may use."""
SCRIPT = "_run_by_seat.py"
# Games of several threads share the judge, which runs one thing at a time.
_LOCK = threading.Lock()


@cache
def shared_judge(unsafe: bool) -> Judge:
    """Return the judge that all games of this process share. It is closed when Python ends."""
    judge = Judge(limits=LIMITS, unsafe=unsafe)
    atexit.register(judge.close)
    return judge


def hidden_verdict(
    task: Task, tree: Mapping[str, str], *, unsafe: bool = False
) -> Verdict:
    """Return what the hidden tests of a task say of a tree."""
    with _LOCK:
        return shared_judge(unsafe).rate(
            tree, task.tests, weights=task.weights, expected=task.expected
        )


def visible_verdict(
    task: Task, tree: Mapping[str, str], *, unsafe: bool = False
) -> Verdict:
    """Return what the examples of a task, which a team may see, say of a tree."""
    with _LOCK:
        return shared_judge(unsafe).rate(
            tree, task.examples, expected=plain_tests(task.examples)
        )


def plain_tests(tests: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the node ids of test files, or None where they hold more than plain functions."""
    nodes: list[str] = []
    for path, text in sorted(tests.items()):
        for part in ast.parse(text).body:
            if isinstance(part, ast.ClassDef):
                return None
            if isinstance(part, ast.FunctionDef) and part.name.startswith("test"):
                # A decorator may make several tests of one function.
                if part.decorator_list:
                    return None
                nodes.append(f"{path}::{part.name}")
    return tuple(nodes) or None


def run_script(
    tree: Mapping[str, str], script: str, *, unsafe: bool = False
) -> Outcome:
    """Run a seat's own Python beside a tree that it can read and not write."""
    laid_out = {**tree, SCRIPT: script}
    argv = (sys.executable, SCRIPT)
    return run(argv, laid_out, LIMITS, writable=(), unsafe=unsafe)
