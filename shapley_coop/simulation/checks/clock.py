"""A limit on the time that one check may take, since somebody's game may never end."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import TypeVar

from shapley_coop.errors import EpisodeError

T = TypeVar("T")

SECONDS = 60.0
"""The most that one check may take by default."""
AGAIN = 0.5
"""Seconds after which an alarm that nobody heard rings again."""


def run_within(seconds: float, work: Callable[[], T]) -> T:
    """Return what work returns, or end it once it has run for so many seconds.

    Only the main thread of a system with alarms can be interrupted. Elsewhere nothing is limited.

    Raises:
        EpisodeError: it takes longer.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or not hasattr(signal, "setitimer"):
        return work()

    def stop(_number: int, frame: FrameType | None) -> None:
        where = ""
        if frame is not None:
            where = f"; it was at line {frame.f_lineno} of {frame.f_code.co_filename}"
        raise EpisodeError(f"it takes longer than {seconds:g} seconds{where}")

    before = signal.signal(signal.SIGALRM, stop)
    try:
        # It rings until it is heard: numpy drops whatever is raised while it looks at an object.
        signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
        return work()
    finally:
        # It may ring just here, and would then go on for ever in whatever comes next. A context
        # manager could not prevent that: its own exit can be interrupted before its first line.
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except EpisodeError:
            signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
