"""Signals that ask a program to end: each ends a command as Ctrl-C does, so that runs are whole."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_NAMES = ("SIGTERM", "SIGHUP")
"""What `kill`, a scheduler or a closed terminal sends. Not every system has both."""


class Stop:
    """How a command was asked to end."""

    def __init__(self) -> None:
        self._number = int(signal.SIGINT)

    @property
    def code(self) -> int:
        """The exit code that shells give a command that a signal ended."""
        return 128 + self._number

    def interrupt(self, number: int, frame: FrameType | None) -> None:
        """End the command as Ctrl-C would, and keep what asked for it."""
        self._number = number
        as_interrupt = signal.getsignal(signal.SIGINT)
        if callable(as_interrupt):
            # An event loop has its own way to end, which writes what was played.
            as_interrupt(signal.SIGINT, frame)
        else:
            raise KeyboardInterrupt


@contextmanager
def tell_what_is_left(words: str) -> Iterator[None]:
    """Let whoever interrupts the body read what is left of it, where its command would not say."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(words) from None


@contextmanager
def heed_stops() -> Iterator[Stop]:
    """Let signals end the body as Ctrl-C does. Those that the caller ignores stay ignored."""
    stop = Stop()
    # Only the main thread can be told. Whoever calls this in another one has its own way.
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {}
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, stop.interrupt)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
