"""A judge of trees by hidden tests. It tests no tree twice."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from types import TracebackType
from typing import Self

from swe_sim.judge.trial import Trial
from swe_sim.judge.verdict import Verdict, pass_rate
from swe_sim.sandbox.availability import LAYERS
from swe_sim.sandbox.launch import usable_layers
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.program import Nursery
from swe_sim.tree import digest

MOST_WORDS = 2000
"""Characters of why tests failed that are kept."""
PHASES = {"setup", "call", "teardown"}


class Judge:
    """Rates trees by hidden tests. As a context manager it keeps a warm pytest for its rates."""

    def __init__(
        self,
        *,
        layers: Sequence[str] = LAYERS,
        limits: Limits | None = None,
        patience: float = 5.0,
        unsafe: bool = False,
    ) -> None:
        self.layers = usable_layers(layers, unsafe=unsafe)
        self.limits = limits or Limits()
        self.patience = patience
        """Seconds that the code under test may take for one question of a test."""
        self.asked = 0
        """How often a rating was asked for."""
        self.ran = 0
        """How often tests were run for it."""
        self._verdicts: dict[Hashable, Verdict] = {}
        self._tests = Nursery("swe_sim.judge.inside.pytest_nursery")
        self._code = Nursery("swe_sim.judge.inside.code_nursery")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the warm pytest. The next rating would start another one."""
        self._tests.close()
        self._code.close()

    def rate(
        self,
        tree: Mapping[str, str],
        tests: Mapping[str, str],
        *,
        weights: Mapping[str, float] | None = None,
        expected: Sequence[str] | None = None,
        together: bool = False,
    ) -> Verdict:
        """Return what the hidden tests say of a tree.

        `tests` are pytest files by path, which are laid over the tree. `expected` are the node
        ids that have to pass, so that one that never reports fails. `weights` are by node id or
        file.

        The code under test runs in other processes than the tests, which decide all comparisons
        with data themselves. With `together` both run in one process, for tests that need the
        code's own objects: then code that knows of the judge can forge what tests say.
        """
        self.asked += 1
        shares = None if weights is None else tuple(sorted(weights.items()))
        names = None if expected is None else tuple(expected)
        key = (digest(tree), digest(tests), shares, names, together)
        if key not in self._verdicts:
            self.ran += 1
            self._verdicts[key] = self._judge(tree, tests, weights, expected, together)
        return self._verdicts[key]

    def _judge(
        self,
        tree: Mapping[str, str],
        tests: Mapping[str, str],
        weights: Mapping[str, float] | None,
        expected: Sequence[str] | None,
        together: bool,
    ) -> Verdict:
        trial = Trial(self._tests, self._code, self.layers, self.limits, self.patience)
        outcome = (trial.together if together else trial.apart)(tree, tests)
        results, why = _results(bytes(trial.reports))
        if not results and not why:
            why = outcome.stdout + outcome.stderr
        names = tuple(results) if expected is None else tuple(expected)
        passed = {name: results.get(name, False) for name in names}
        return Verdict(
            passed,
            pass_rate(passed, weights),
            outcome.ended_by or trial.code_ended_by,
            why[-MOST_WORDS:],
            outcome.seconds,
        )


def _results(data: bytes) -> tuple[dict[str, bool], str]:
    """Return whether each test passed in all its phases, and the words of those that failed."""
    phases: dict[str, set[str]] = {}
    failures: set[str] = set()
    words = []
    for line in data.splitlines():
        report = _report(line)
        if report is None:
            continue
        name, phase, result, text = report
        if text:
            words.append(f"{name}: {text.strip()}")
        if phase in PHASES:
            phases.setdefault(name, set()).add(phase)
            failures |= set() if result == "passed" else {name}
    passed = {
        # One that ends its process is never torn down.
        name: seen == PHASES and name not in failures
        for name, seen in phases.items()
    }
    return passed, "\n".join(words)


def _report(line: bytes) -> list[str] | None:
    """Return one report, or None for what code in the process of its tests may have written."""
    try:
        report = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_list = isinstance(report, list) and len(report) == 4
    return list(map(str, report)) if is_list else None
