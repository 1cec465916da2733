"""What the processes below one process use, read from /proc, and how all of them are ended."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What some processes use at one moment."""

    tasks: int
    """Processes and their threads."""
    cpu: float
    """Seconds of processor time, of those that ended and were waited for too."""
    memory: int
    """Bytes that are in memory and shared with no file."""


_LISTS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()
"""Whether this kernel lists the children of a process."""


def children(process: int) -> list[int]:
    """Return the children of all threads of a process."""
    if not _LISTS_CHILDREN:
        return _children_by_parent(process)
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{process}/task")
    except OSError:
        return found
    for thread in threads:
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{process}/task/{thread}/children").read_text()
            found += map(int, text.split())
    return found


def _children_by_parent(process: int) -> list[int]:
    """Return the children of a process from what all processes say of their parents."""
    found: list[int] = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = Path(f"/proc/{name}/stat").read_text()
            if int(stat.rpartition(")")[2].split()[1]) == process:
                found.append(int(name))
    return found


def descendants(process: int) -> list[int]:
    """Return all processes below one, without itself."""
    below: list[int] = []
    waiting = children(process)
    while waiting:
        below += waiting
        waiting = [child for parent in waiting for child in children(parent)]
    return below


def usage(processes: list[int]) -> Usage:
    """Return what processes use together. Those that are gone use nothing."""
    tasks, cpu, memory = 0, 0.0, 0
    for process in processes:
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
            pages = Path(f"/proc/{process}/statm").read_text().split()
        except OSError:
            continue
        # The name of the program is in brackets and may hold anything.
        fields = stat.rpartition(")")[2].split()
        tasks += int(fields[17])
        cpu += sum(map(int, fields[11:15])) / _TICKS
        memory += (int(pages[1]) - int(pages[2])) * _PAGE
    return Usage(tasks, cpu, memory)


def end_all() -> None:
    """Kill and reap everything below this process, which must be their reaper."""
    own = os.getpid()
    while True:
        for process in descendants(own):
            with contextlib.suppress(OSError):
                os.kill(process, signal.SIGKILL)
        try:
            while True:
                process, _ = os.waitpid(-1, os.WNOHANG)
                if process == 0:
                    break
        except ChildProcessError:
            return
        # Something is still dying, or was born after the look.
        time.sleep(0.0005)
