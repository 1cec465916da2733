"""A judge of trees by hidden tests. It tests no tree twice."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from swe_sim.judge.overlay import judged_tree
from swe_sim.judge.verdict import Verdict, pass_rate
from swe_sim.sandbox.availability import LAYERS
from swe_sim.sandbox.launch import usable_layers
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.program import Nursery
from swe_sim.sandbox.request import ask

MOST_WORDS = 2000


class Judge:
    """Rates trees by hidden tests. As a context manager it keeps a warm pytest for its rates."""

    def __init__(
        self,
        *,
        layers: Sequence[str] = LAYERS,
        limits: Limits | None = None,
        unsafe: bool = False,
    ) -> None:
        self.layers = usable_layers(layers, unsafe=unsafe)
        self.limits = limits or Limits()
        self.asked = 0
        """How often a rating was asked for."""
        self.ran = 0
        """How often tests were run for it."""
        self._verdicts: dict[str, Verdict] = {}
        self._nursery = Nursery("swe_sim.judge.inside.nursery")

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
        self._nursery.close()

    def rate(
        self,
        tree: Mapping[str, str],
        tests: Mapping[str, str],
        *,
        weights: Mapping[str, float] | None = None,
        expected: Sequence[str] | None = None,
    ) -> Verdict:
        """Return what the hidden tests say of a tree.

        `tests` are pytest files by path, which are laid over the tree. `expected` are the node
        ids that have to pass, so that one that never reports fails. `weights` are by node id or
        file.
        """
        self.asked += 1
        key = _digest(tree, tests, weights, expected)
        if key not in self._verdicts:
            self.ran += 1
            self._verdicts[key] = self._judge(tree, tests, weights, expected)
        return self._verdicts[key]

    def _judge(
        self,
        tree: Mapping[str, str],
        tests: Mapping[str, str],
        weights: Mapping[str, float] | None,
        expected: Sequence[str] | None,
    ) -> Verdict:
        files = sorted(name for name in tests if _is_test(name))
        source, sink = os.pipe()
        lines: list[bytes] = []
        reader = threading.Thread(target=_read_all, args=(source, lines))
        reader.start()
        try:
            outcome = ask(
                ("tests", *files),
                judged_tree(tree, tests),
                self.limits,
                self.layers,
                nursery=self._nursery,
                is_function=True,
                extra=(sink,),
            )
        finally:
            os.close(sink)
            reader.join()
        results, why = _results(b"".join(lines))
        names = tuple(results) if expected is None else tuple(expected)
        passed = {name: results.get(name, False) for name in names}
        return Verdict(
            passed,
            pass_rate(passed, weights),
            outcome.ended_by,
            why[:MOST_WORDS],
            outcome.seconds,
        )


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith(".py") and (
        name.startswith("test_") or name.endswith("_test.py")
    )


def _read_all(source: int, lines: list[bytes]) -> None:
    with os.fdopen(source, "rb") as stream:
        lines.append(stream.read())


def _results(data: bytes) -> tuple[dict[str, bool], str]:
    """Return whether each test passed in all its phases, and the words of those that failed."""
    passed: dict[str, bool] = {}
    words = []
    for line in data.splitlines():
        name, phase, result, text = json.loads(line)
        if phase != "collect":
            is_fine = result == "passed"
            passed[name] = passed.get(name, True) and is_fine
        if text:
            words.append(f"{name}: {text.strip()}")
    return passed, "\n".join(words)


def _digest(*values: object) -> str:
    text = json.dumps([_plain(value) for value in values])
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: object) -> object:
    return sorted(value.items()) if isinstance(value, Mapping) else value
