"""Figures of the software team: `python -m benchmarks.swe [ROW…]`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from benchmarks.swe import intervals, sandbox, tasks, teams, writes

ROWS: dict[str, Callable[[], str]] = {
    "sandbox": sandbox.start,
    "judge": sandbox.judge,
    "escapes": sandbox.escapes,
    "code-writes": sandbox.writes,
    "writes": writes.writes,
    "impossible": teams.impossible,
    "runs": teams.runs,
    "reuse": teams.reuse,
    "tasks": tasks.generation,
    "mutants": tasks.mutants,
    "intervals": intervals.intervals,
}


def main() -> None:
    """Measure the named rows, or all."""
    for name in sys.argv[1:] or ROWS:
        if name not in ROWS:
            sys.exit(f"unknown row {name!r}; known: {', '.join(ROWS)}")
        load = os.getloadavg()[0]
        words = f"{datetime.now(UTC):%Y-%m-%d %H:%M}Z load {load:.1f}"
        print(words, ROWS[name](), flush=True)


if __name__ == "__main__":
    main()
