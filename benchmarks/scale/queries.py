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

SQL = (
    "SELECT game, avg(payoff), count(*) FROM seats JOIN runs USING (run) GROUP BY game"
)


def processor_seconds() -> float:
    """Return the processor time of all commands so far."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return ended.ru_utime + ended.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", type=int)
    count = parser.parse_args().runs
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
            began, used = time.perf_counter(), processor_seconds()
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            wall = time.perf_counter() - began
            used = processor_seconds() - used
            print(f"{name}: {wall:.2f} s, {used:.2f} s of processor, start included")
        print(json.loads(done.stdout))


if __name__ == "__main__":
    main()
