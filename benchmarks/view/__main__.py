"""Sizes and times of the report page, of the server's list and of forks.

`python -m benchmarks.view` plays runs of the Escape Room by rules, writes their pages, lists ten
thousand run folders and forks an episode.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import shapley_coop as sc
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.report.html.page import render
from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.view.catalogue import Catalogue
from shapley_coop.simulation.forks.fork import fork

LISTED = 10_000
FORKS = 20


def row(what: str, bar: str, figure: str) -> None:
    """Print one row of the table."""
    print(f"| {what} | {bar} | {figure} |")


def measure_pages(folder: Path) -> RunFolder:
    """Print the size and the time of pages, and return the smaller run."""
    runs = {}
    for episodes, bar in ((10, "≤ 1.5 MB"), (1_000, "≤ 4 MB")):
        run = sc.play(
            "escape-room", agent="rational", episodes=episodes, runs_dir=folder
        )
        runs[episodes] = RunFolder.open(run.path)
        began = perf_counter()
        page = render([gather(runs[episodes])])
        took = perf_counter() - began
        size = len(page.encode()) / 1e6
        row(
            f"page of {episodes:,} episodes",
            bar,
            f"{size:.2f} MB, made in {took:.1f} s",
        )
    return runs[10]


def measure_list(folder: Path, run: RunFolder) -> None:
    """Print how long a list of many runs takes, read for the first time and again."""
    manifest = json.loads((run.path / "run.json").read_text())
    many = folder / "many"
    for number in range(LISTED):
        path = many / f"20260101T000000Z-escape-room-{number:06x}"
        path.mkdir(parents=True)
        (path / "run.json").write_text(json.dumps(manifest))
    catalogue = Catalogue(many)
    for what in ("read for the first time", "read again"):
        began = perf_counter()
        count = len(catalogue.rows())
        took = perf_counter() - began
        row(f"list of {count:,} runs, {what}", "< 1 s", f"{took:.2f} s")


def measure_forks(run: RunFolder) -> None:
    """Print how long a fork of an episode takes."""
    times = []
    for _ in range(FORKS):
        began = perf_counter()
        fork(run, "e0.s0", ["player_1=door"])
        times.append(perf_counter() - began)
    middle = sorted(times)[FORKS // 2] * 1000
    row("fork of an Escape Room episode", "< 100 ms", f"{middle:.0f} ms in the median")


def main() -> int:
    """Print the table."""
    print("| what | bar | figure |\n|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        run = measure_pages(Path(name))
        measure_list(Path(name), run)
        measure_forks(run)
    return 0


if __name__ == "__main__":
    sys.exit(main())
