"""Measure the cost of an episode in one process, in several and on Ray, and that all play the same.

    python -m benchmarks.scale.episodes 10000
    python -m benchmarks.scale.episodes 2000 --ray

Wall time is that of an idle machine only if the machine is idle, so seconds of the processor stand
beside it. Ray's own processes are not counted, so that their column says nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.main.bars import Bar, machine, show
from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.store import Event, NullRecorder, RunFolder
from shapley_coop.simulation.executors.choice import choose_executor
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import Worker, make_game, open_gateway

KILOBYTES_IN_MEGABYTE = 1024
"""The system tells memory in kilobytes."""
LEAST_RATE, MOST_TIMES, MOST_MEMORY, MOST_REPORT, LEAST_GAIN = 120, 1.6, 20, 5, 1.7
"""Episodes a second of one process, its processor time as a multiple of the raw engine's, megabytes
that the second half adds, seconds of a report, and what two workers play of what one does."""


def config_of(episodes: int) -> Config:
    return resolve(
        {"game": "escape-room", "agent": "rational", "run": {"episodes": episodes}}
    )


def processor_seconds() -> tuple[float, float]:
    """Return the processor time of this process, and with all processes that have ended."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = own.ru_utime + own.ru_stime
    return used, used + ended.ru_utime + ended.ru_stime


async def play_raw(episodes: int) -> None:
    """Play episodes without a store."""
    config = config_of(episodes)
    game = make_game(config)
    gateway = open_gateway(config, None, seats=len(game.seats), mode="off")
    worker = Worker(config, game, gateway)
    for index in range(episodes):
        await worker.episode(index, NullRecorder())
    await gateway.close()


def plain(folder: RunFolder) -> list[dict[str, Any]]:
    """Return the episodes without what is measured in time."""
    lines = (folder.path / "episodes.jsonl").read_text().splitlines()
    return [json.loads(line) | {"seconds": 0.0} for line in lines]


class Played(NamedTuple):
    """What a way to play cost, and what it returned."""

    rate: float
    """Episodes a second of wall time."""
    used: float
    """Seconds of processor, with those of workers that have ended."""
    result: Any


def measure(name: str, play: Callable[[], Any], episodes: int) -> Played:
    """Print what a way to play costs, and return it."""
    wall, (own, both) = time.perf_counter(), processor_seconds()
    result = play()
    seconds = time.perf_counter() - wall
    now_own, now_both = processor_seconds()
    print(
        f"{name:<12} {episodes / seconds:7.1f} episodes/s  wall {seconds:6.1f} s  "
        f"this process {now_own - own:6.1f} s  with workers {now_both - both:6.1f} s of processor",
        flush=True,
    )
    return Played(episodes / seconds, now_both - both, result)


def peak() -> float:
    """Return the most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KILOBYTES_IN_MEGABYTE


class MemoryWatch:
    """The most memory of this process at half of a run, and at its last event."""

    def __init__(self, episodes: int) -> None:
        self._half = episodes // 2
        self._at_half = 0.0
        self.last = 0.0

    @property
    def growth(self) -> float:
        return self.last - self._at_half

    def hear(self, event: Event) -> None:
        self.last = peak()
        if event.episode == self._half and not self._at_half:
            self._at_half = self.last


def one_process_bars(
    one: Played, raw: Played, watch: MemoryWatch, episodes: int
) -> list[Bar]:
    """Return the rows of one process: its pace, its memory, its report and its files."""
    folder = one.result
    began = time.process_time()
    before = peak()
    gather(RunFolder.open(folder.path))
    report = time.process_time() - began
    times = one.used / raw.used
    sizes = {
        path.name: path.stat().st_size / episodes / 1000
        for path in sorted(folder.path.iterdir())
        if path.is_file()
    }
    parts = ", ".join(
        f"{name} {size:.1f}" for name, size in sizes.items() if size >= 0.05
    )
    return [
        Bar(
            "one process",
            f"at least {LEAST_RATE} episodes a second on an idle core",
            f"{one.rate:.0f}",
            one.rate >= LEAST_RATE,
        ),
        Bar(
            "its processor time beside the raw engine's",
            f"under {MOST_TIMES} times",
            f"{times:.2f} times",
            times < MOST_TIMES,
        ),
        Bar(
            "memory that the second half adds",
            f"under {MOST_MEMORY} MB",
            f"{watch.growth:.1f} MB",
            watch.growth < MOST_MEMORY,
        ),
        Bar(
            "report, in seconds of processor",
            f"under {MOST_REPORT} s",
            f"{report:.1f} s, and {peak() - before:.0f} MB",
            report < MOST_REPORT,
        ),
        Bar(
            "on disk, an episode",
            "-",
            f"{sum(sizes.values()):.1f} KB: {parts}",
            None,
        ),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int)
    parser.add_argument("--ray", action="store_true")
    chosen = parser.parse_args()
    count = chosen.episodes
    where = machine()
    asyncio.run(play_raw(50))
    raw = measure("raw engine", lambda: asyncio.run(play_raw(count)), count)
    venues: dict[str, dict[str, Any]] = {
        "one process": {},
        "1 worker": {"workers": 1},
        "2 workers": {"workers": 2},
    }
    if chosen.ray:
        venues["ray, 2"] = {"name": "ray", "workers": 2}
    rows: list[Bar] = []
    ways: dict[str, Played] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, options in venues.items():
            watch = MemoryWatch(count)
            executor = choose_executor(**options)
            # To hear every event costs something, which only the first of them pays.
            work = run(
                config_of(count),
                Path(folder) / name,
                executor=executor,
                listen=None if ways else watch.hear,
            )
            ways[name] = measure(name, partial(asyncio.run, work), count)
            one = ways["one process"]
            if name == "one process":
                rows += one_process_bars(one, raw, watch, count)
            elif plain(ways[name].result) != plain(one.result):
                raise SystemExit(f"{name} played other episodes")
    gain = ways["2 workers"].rate / ways["1 worker"].rate
    bar = f"at least {LEAST_GAIN} times one on two idle cores"
    rows.append(Bar("two workers", bar, f"{gain:.2f} times", gain >= LEAST_GAIN))
    print("all played the same episodes")
    return show(rows, where)


if __name__ == "__main__":
    raise SystemExit(main())
