"""What hidden tests said of a tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of all expected tests on one tree."""

    tests: Mapping[str, bool]
    """Whether a test passed, by node id. One that did not report did not pass."""
    rate: float
    """The weighted share of tests that passed, in [0, 1]."""
    ended_by: str | None = None
    """The name of the limit that ended the run, or None."""
    why: str = ""
    """Why tests failed, in short."""
    seconds: float = 0.0
    """Wall time of the run. It is that of the first run if the verdict was kept."""


def pass_rate(
    tests: Mapping[str, bool], weights: Mapping[str, float] | None = None
) -> float:
    """Return the weighted share of tests that passed, 0 if there are none.

    A weight may be given for a node id, or for a file, whose tests then share it. What has no
    weight counts 1 if no weights are given at all, and nothing otherwise.
    """
    if not weights:
        return sum(tests.values()) / len(tests) if tests else 0.0
    total, passed = 0.0, 0.0
    sizes: dict[str, int] = {}
    for name in tests:
        file = name.partition("::")[0]
        sizes[file] = sizes.get(file, 0) + (name not in weights)
    for name, is_passed in tests.items():
        file = name.partition("::")[0]
        weight = weights.get(name)
        if weight is None:
            weight = weights.get(file, 0.0) / sizes[file]
        total += weight
        passed += weight * is_passed
    return passed / total if total else 0.0
