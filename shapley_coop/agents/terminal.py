"""The terminal as the people at it share it: one is asked at a time, and may be called away."""

from __future__ import annotations

import os
import select
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# There is one standard input for all seats of all plays of a process.
_TURN = threading.Lock()

PATIENCE = 0.1
"""Seconds after which a waiting reader looks whether it was called away."""
PASTE_SECONDS = 0.03
"""Seconds within which a further line cannot have been typed."""


class CalledAwayError(Exception):
    """Nobody waits for the answer any more."""


class PasteError(Exception):
    """Several lines came at once, where one was asked for."""


class Keyboard:
    """Reads lines that somebody types at standard input, or that a file or a pipe holds.

    `input` would do, but who sits in it cannot be called away: after Ctrl-C the program would
    wait for one more line.
    """

    def __init__(self) -> None:
        self._away = threading.Event()

    def call_away(self) -> None:
        """Have whoever reads or waits for its turn raise CalledAwayError, now and later."""
        self._away.set()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until nobody else is asked, and keep others waiting.

        Raises:
            CalledAwayError: nobody waits for the answer any more.
        """
        while not _TURN.acquire(timeout=PATIENCE):
            self._stay()
        try:
            self._stay()
            yield
        finally:
            _TURN.release()

    def forget(self) -> None:
        """Drop what was typed at a terminal and not read: it answers no question to come."""
        handle = _handle()
        if handle is not None and os.isatty(handle):
            termios.tcflush(handle, termios.TCIFLUSH)

    def readline(self) -> str:
        """Return the next line without its end.

        Raises:
            EOFError: there is none.
            PasteError: several lines came at once from a terminal. They are all dropped.
            CalledAwayError: nobody waits for the answer any more.
        """
        line = self.pasted_line()
        handle = _handle()
        if handle is None:
            return line
        if os.isatty(handle) and _is_ready(handle, PASTE_SECONDS):
            self.forget()
            raise PasteError
        return line

    def pasted_line(self) -> str:
        """Return the next line without its end, whether or not further lines came with it.

        Raises:
            EOFError: there is none.
            CalledAwayError: nobody waits for the answer any more.
        """
        handle = _handle()
        if handle is None:
            line = sys.stdin.readline()
            if not line:
                raise EOFError
            return line.removesuffix("\n")
        return self._read(handle)

    def _read(self, handle: int) -> str:
        letters = bytearray()
        while True:
            while not _is_ready(handle, PATIENCE):
                self._stay()
            # One by one, since what comes after the line belongs to the next reader.
            letter = os.read(handle, 1)
            if not letter and not letters:
                raise EOFError
            if letter in (b"", b"\n"):
                return letters.decode(sys.stdin.encoding or "utf-8", "replace")
            letters += letter

    def _stay(self) -> None:
        if self._away.is_set():
            raise CalledAwayError


def _handle() -> int | None:
    """Return the system's handle of standard input, or None if it has none."""
    # A notebook or a test may put anything in the place of standard input.
    try:
        return sys.stdin.fileno()
    except (OSError, ValueError):
        return None


def _is_ready(handle: int, seconds: float) -> bool:
    ready, _, _ = select.select([handle], [], [], seconds)
    return bool(ready)
