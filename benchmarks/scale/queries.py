"""Measure one line of SQL over many runs, with the index made, and with it there already.

python -m benchmarks.scale.queries 1000
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import shapley_coop as sc
from benchmarks.main.bars import Bar, machine, show

SQL = (
    "SELECT game, avg(payoff), count(*) FROM seats JOIN runs USING (run) GROUP BY game"
)


MOST_SECONDS = 1.0
"""Wall time of one line of SQL over the runs, once their index is there."""


def commands_seconds() -> float:
    """Return the processor time of all commands so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int)
    count = parser.parse_args().runs
    where = machine()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        first = sc.play("escape-room", agent="rational", episodes=10, runs_dir=runs)
        # Copies under other names are other runs to whoever reads them.
        for number in range(1, count):
            copy = runs / f"{first.path.name[:-6]}{number:06}"
            shutil.copytree(first.path, copy)
        command = [sys.executable, "-m", "shapley_coop", "runs", "--json"]
        command += ["--runs-dir", str(runs), "--sql", SQL]
        for name in ("first, makes the index", "second", "third"):
            began, used = time.perf_counter(), commands_seconds()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            wall = time.perf_counter() - began
            used = commands_seconds() - used
            makes_index = name.startswith("first")
            rows.append(
                Bar(
                    f"SQL over {count:,} runs, {name}, start included",
                    "-" if makes_index else f"under {MOST_SECONDS:g} s",
                    f"{wall:.2f} s, {used:.2f} s of processor",
                    None if makes_index else wall < MOST_SECONDS,
                )
            )
        print(json.loads(done.stdout))
    return show(rows, where)


if __name__ == "__main__":
    raise SystemExit(main())
