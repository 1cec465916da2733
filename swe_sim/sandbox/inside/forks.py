"""Questions of the kernel whether code in a sandbox may fork, and the supervisor's answers."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import struct
from collections.abc import Callable

_RECEIVE = 0xC0502100
_SEND = 0xC0182101
_GO_ON = 1
_QUESTION = 80
"""Bytes of a question: its id, a process, and what the filter saw."""


def answer(listener: int, may_fork: Callable[[], bool]) -> None:
    """Answer one question that waits. A process that died meanwhile needs no answer."""
    question = bytearray(_QUESTION)
    with contextlib.suppress(OSError):
        fcntl.ioctl(listener, _RECEIVE, question)
        (number,) = struct.unpack_from("<Q", question)
        error, flags = (0, _GO_ON) if may_fork() else (-errno.EAGAIN, 0)
        fcntl.ioctl(listener, _SEND, struct.pack("<QqiI", number, 0, error, flags))


def is_asked(listener: int) -> bool:
    """Return whether a question waits. There is none any more once all code is gone."""
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    return any(event & select.POLLIN for _, event in poll.poll(0))


def refuse_all(listener: int) -> None:
    """Let every fork fail from now on, those that wait for an answer too."""
    os.close(listener)
