"""How many threads a model in this process may use, by the cores that the machine has to spare."""

from __future__ import annotations

import math
import os
import time
from pathlib import Path


def usable_cores() -> int:
    """Return how many cores this process may use, at least one."""
    # Only some systems can tell what a process is bound to.
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def threads() -> int:
    """Return half of the usable cores, at least one.

    ggml's threads spin while they wait for each other, so a thread that has to share its core
    stalls all. On two busy cores one thread decodes 15 times as fast as two.
    """
    return max(1, usable_cores() // 2)


def idle_cores(stat: Path = Path("/proc/stat"), seconds: float = 0.1) -> int:
    """Return how many cores did nothing just now, rounded down, or 0 where that cannot be read.

    Prompts are read with that many threads. It halves the time of a first prompt on an idle
    machine, while on a busy one a second thread would cost far more than it brings.
    """
    try:
        idle_before, total_before = _ticks(stat)
        time.sleep(seconds)
        idle_after, total_after = _ticks(stat)
    except (OSError, ValueError, IndexError):
        return 0
    idle = idle_after - idle_before
    total = total_after - total_before
    share = idle / max(1, total)
    # A core that was busy for up to a quarter of the moment still counts as idle.
    return math.floor(share * usable_cores() + 0.25)


def _ticks(stat: Path) -> tuple[int, int]:
    """Return the idle ticks and all ticks of all cores together, as Linux counts them."""
    first_line = stat.read_text().split("\n", 1)[0]
    fields = [int(field) for field in first_line.split()[1:]]
    idle = fields[3]
    waiting_for_disk = fields[4]
    # The fields after the eighth are counted in the first two already.
    return idle + waiting_for_disk, sum(fields[:8])
