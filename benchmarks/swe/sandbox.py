"""What the sandbox costs beside a bare interpreter, and hidden tests in the warm pytest."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from swe_sim.judge import Judge
from swe_sim.sandbox import Limits, available, run

ROUNDS = 40
START_BAR = 15.0
"""Milliseconds that a sandbox may add to the start of an interpreter."""
JUDGE_BAR = 50.0
"""Milliseconds that hidden tests may take beyond those that they take by themselves."""
NOTHING = (sys.executable, "-I", "-c", "pass")
TESTS = {
    "test_add.py": "from add import add\n\n\n"
    + "\n\n".join(
        f"def test_{number}():\n    assert add({number}, 1) == {number + 1}\n"
        for number in range(5)
    )
}


def start() -> str:
    """Return the row: both layers, and each alone, beside the bare interpreter."""
    layers = available()
    cases: dict[str, Callable[[], object]] = {
        "bare": lambda: subprocess.run(NOTHING, check=True, capture_output=True),
        " + ".join(layers): lambda: run(NOTHING, {}, layers=layers),
    }
    for layer in layers:
        cases[layer] = lambda layer=layer: run(NOTHING, {}, layers=(layer,))  # type: ignore[misc]
    times = _interleaved(cases)
    bare = times.pop("bare")
    parts = []
    for name, taken in times.items():
        extra = [one - other for one, other in zip(taken, bare, strict=True)]
        parts.append(
            f"{name} {min(taken) - min(bare):+.1f} ms at best,"
            f" {statistics.median(extra):+.1f} ms in the median"
        )
    both = next(iter(times.values()))
    is_met = min(both) - min(bare) <= START_BAR
    return (
        f"sandbox start ({'met' if is_met else 'MISSED'}, bar {START_BAR:.0f} ms): bare"
        f" {min(bare):.1f} ms at best, {statistics.median(bare):.1f} ms in the median;"
        f" {'; '.join(parts)}; {ROUNDS} rounds, interleaved"
    )


def judge() -> str:
    """Return the row: five hidden tests in the warm pytest, and in one that starts afresh."""
    numbers = iter(range(10**6))

    def tree() -> dict[str, str]:
        return {"add.py": f"def add(a, b):\n    return a + b  # {next(numbers)}\n"}

    with Judge() as warm:
        warm.rate(tree(), TESTS)
        cold = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
        files = {**tree(), **TESTS}
        times = _interleaved(
            {
                "apart": lambda: warm.rate(tree(), TESTS),
                "together": lambda: warm.rate(tree(), TESTS, together=True),
                "cold": lambda: run(cold, files, Limits(wall=60)),
            },
            rounds=ROUNDS // 2,
        )
    best = {name: min(taken) for name, taken in times.items()}
    median = {name: statistics.median(taken) for name, taken in times.items()}
    is_met = best["apart"] <= JUDGE_BAR
    return (
        f"five hidden tests ({'met' if is_met else 'MISSED'}, bar {JUDGE_BAR:.0f} ms): in the"
        f" warm pytest {best['apart']:.0f} ms at best, {median['apart']:.0f} ms in the median;"
        f" with the code in the same process {best['together']:.0f} and"
        f" {median['together']:.0f} ms; a pytest that starts afresh {best['cold']:.0f} and"
        f" {median['cold']:.0f} ms"
    )


def escapes() -> str:
    """Return the row: the tests of escapes and forgeries."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "tests/swe_sim/sandbox/escapes", "tests/swe_sim/judge"],
        capture_output=True,
        text=True,
        check=False,
    )
    last = done.stdout.strip().splitlines()[-1]
    return (
        f"escapes and forgeries ({'met' if done.returncode == 0 else 'MISSED'}): {last}"
    )


def _interleaved(
    cases: dict[str, Callable[[], object]], rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Return the milliseconds of each round of each case, one case after the other."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for case in cases.values():
        case()
    for _ in range(rounds):
        for name, case in cases.items():
            begin = time.perf_counter()
            case()
            times[name].append((time.perf_counter() - begin) * 1e3)
    return times
