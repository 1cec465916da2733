"""What the sandbox costs beside a bare interpreter, and hidden tests in the warm pytest."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

from swe_sim.judge import Judge
from swe_sim.sandbox import Limits, available, run

ROUNDS = 60
START_BAR = 15.0
"""Milliseconds that a sandbox may add to the start of an interpreter."""
JUDGE_BAR = 50.0
"""Milliseconds that hidden tests may take beyond those that they take by themselves."""
NOTHING = (sys.executable, "-I", "-c", "pass")
FEW, MANY = 5, 45


def hidden_tests(count: int) -> dict[str, str]:
    """Return a file of tests that each call one function once."""
    tests = [
        f"def test_{number}():\n    assert add({number}, 1) == {number + 1}\n"
        for number in range(count)
    ]
    return {"test_add.py": "from add import add\n\n\n" + "\n\n".join(tests)}


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
    medians = []
    for name, taken in times.items():
        # Each round beside the bare interpreter of the same round, whose luck it shares.
        extra = [one - other for one, other in zip(taken, bare, strict=True)]
        medians.append(statistics.median(extra))
        parts.append(
            f"{name} {min(taken) - min(bare):+.1f} ms at best,"
            f" {medians[-1]:+.1f} ms in the median"
        )
    # Both layers come first. The best of many rounds says what nobody can count on.
    is_met = medians[0] <= START_BAR
    return (
        f"sandbox start ({'met' if is_met else 'MISSED'}, bar {START_BAR:.0f} ms): bare"
        f" {min(bare):.1f} ms at best, {statistics.median(bare):.1f} ms in the median;"
        f" {'; '.join(parts)}; {ROUNDS} rounds, interleaved"
    )


def judge() -> str:
    """Return the row: hidden tests in the warm pytest, and in one that starts afresh."""
    numbers = iter(range(10**6))

    def tree() -> dict[str, str]:
        return {"add.py": f"def add(a, b):\n    return a + b  # {next(numbers)}\n"}

    few, many = hidden_tests(FEW), hidden_tests(MANY)
    cold = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    with Judge() as warm:
        times = _interleaved(
            {
                "few": lambda: warm.rate(tree(), few),
                "many": lambda: warm.rate(tree(), many),
                "together": lambda: warm.rate(tree(), few, together=True),
                "cold": lambda: run(cold, {**tree(), **few}, Limits(wall=60)),
            },
            rounds=max(3, ROUNDS // 4),
        )
    middle = {name: statistics.median(taken) for name, taken in times.items()}
    each = (middle["many"] - middle["few"]) / (MANY - FEW)
    fixed = middle["few"] - FEW * each
    return (
        f"hidden tests ({'met' if fixed <= JUDGE_BAR else 'MISSED'}, bar {JUDGE_BAR:.0f} ms and"
        f" the tests): {fixed:.0f} ms and {each:.1f} ms a test; {FEW} tests {middle['few']:.0f} ms"
        f" in the median, {min(times['few']):.0f} ms at best; with the code in one process"
        f" {middle['together']:.0f} ms; in a pytest that starts afresh {middle['cold']:.0f} ms"
    )


def escapes() -> str:
    """Return the row: the tests of escapes and forgeries."""
    folders = ("tests/swe_sim/sandbox/escapes", "tests/swe_sim/judge")
    return _tests("escapes and forgeries", *folders)


def writes() -> str:
    """Return the row: 520 writes by code that only reads, with both layers and with each."""
    file = "tests/swe_sim/sandbox/escapes/test_writes.py"
    return _tests("520 writes through code that only reads, three times", file)


def _tests(title: str, *paths: str) -> str:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1]
    return f"{title} ({'met' if done.returncode == 0 else 'MISSED'}): {last}"


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
