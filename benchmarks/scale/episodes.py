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
from typing import Any

from shapley_coop.config.resolve import resolve
from shapley_coop.config.sections import Config
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.store import Event, NullRecorder, RunFolder
from shapley_coop.simulation.executors.choice import choose_executor
from shapley_coop.simulation.run import run
from shapley_coop.simulation.worker import Worker, make_game, open_gateway

MEGABYTE = 1024


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


def measure(name: str, play: Callable[[], Any], episodes: int) -> tuple[float, Any]:
    """Print what a way to play costs, and return its processor seconds and what it returned."""
    wall, (own, both) = time.perf_counter(), processor_seconds()
    result = play()
    seconds = time.perf_counter() - wall
    now_own, now_both = processor_seconds()
    print(
        f"{name:<12} {episodes / seconds:7.1f} episodes/s  wall {seconds:6.1f} s  "
        f"this process {now_own - own:6.1f} s  with workers {now_both - both:6.1f} s of processor",
        flush=True,
    )
    return now_both - both, result


def peak() -> float:
    """Return the most memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("episodes", type=int)
    parser.add_argument("--ray", action="store_true")
    chosen = parser.parse_args()
    count = chosen.episodes
    asyncio.run(play_raw(50))
    raw, _ = measure("raw engine", lambda: asyncio.run(play_raw(count)), count)
    venues: dict[str, dict[str, Any]] = {
        "one process": {},
        "1 worker": {"workers": 1},
        "2 workers": {"workers": 2},
    }
    if chosen.ray:
        venues["ray, 2"] = {"name": "ray", "workers": 2}
    with tempfile.TemporaryDirectory() as folder:
        first = None
        for name, options in venues.items():
            watch = MemoryWatch(count)
            executor = choose_executor(**options)
            # To hear every event costs something, which only the first of them pays.
            work = run(
                config_of(count),
                Path(folder) / name,
                executor=executor,
                listen=watch.hear if first is None else None,
            )
            used, result = measure(name, partial(asyncio.run, work), count)
            if first is None:
                first = result
                print(f"  {used / raw:.2f} times the processor time of the raw engine")
                print(f"  memory that the second half adds: {watch.growth:.1f} MB")
                print(f"  memory that the report adds: {peak() - watch.last:.1f} MB")
                began = time.process_time()
                gather(RunFolder.open(first.path))
                print(f"  report: {time.process_time() - began:.1f} s of processor")
            elif plain(result) != plain(first):
                raise SystemExit(f"{name} played other episodes")
    print("all played the same episodes")


if __name__ == "__main__":
    main()
