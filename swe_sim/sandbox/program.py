"""The nursery as its program sees it: started when it is needed, asked over a socket."""

from __future__ import annotations

import atexit
import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from shapley_coop.errors import ConfigError, GameError
from swe_sim.sandbox import wire

GRACE = 60.0
"""Seconds beyond its limit after which a run that does not answer is given up.

A busy machine may take many of them to start a run and to clear up after it.
"""
_BOOT = """
import runpy, sys
sys.path[:0] = sys.argv[3:]
sys.argv[:] = [sys.argv[1], sys.argv[2]]
runpy.run_module(sys.argv[0], run_name="__main__")
"""


class Nursery:
    """A nursery of this program. It can be asked from several threads at once."""

    def __init__(self, module: str = "swe_sim.sandbox.nursery") -> None:
        """Name the module that serves. It is imported by a fresh interpreter."""
        self.module = module
        self._lock = threading.Lock()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def run(
        self, request: wire.Message, wall: float, extra: Sequence[int] = ()
    ) -> wire.Message:
        """Do one run and return its answer. `extra` are open files that the code gets."""
        answer = self._ask(request, wall, extra)
        # A nursery that was killed may have taken the request with it, since what it leaves behind
        # for a moment keeps its end open. Nothing outside a run changes, so it is done again.
        if answer is None and self._ended():
            answer = self._ask(request, wall, extra)
        if answer is None:
            raise GameError("a sandbox ended without an answer")
        if "failed" in answer:
            raise ConfigError(
                f"no sandbox can be built here: {answer['failed']}", field="layers"
            )
        return answer

    def _ask(
        self, request: wire.Message, wall: float, extra: Sequence[int]
    ) -> wire.Message | None:
        """Return the answer to a request, or None if whoever had it is gone."""
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                self._hand_over(theirs)
            ours.settimeout(wall + GRACE)
            try:
                wire.send(ours, {**request, "extra": len(extra)})
                if extra:
                    socket.send_fds(ours, [b"x"], list(extra))
                return wire.receive(ours)
            except ConnectionError:
                return None
            except TimeoutError:
                raise GameError(
                    f"a sandbox gave no answer within {wall + GRACE:.0f} s"
                ) from None

    def _ended(self) -> bool:
        """Return whether the nursery is gone, and forget it then."""
        with self._lock:
            is_gone = self._process is not None and self._process.poll() is not None
            if is_gone:
                self._forget()
            return is_gone

    def _hand_over(self, connection: socket.socket) -> None:
        with self._lock:
            self._start()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [b"r"], [connection.fileno()])
            except OSError:
                # The nursery was killed. A new one takes its place.
                self._forget()
                self._start()
                socket.send_fds(self._control, [b"r"], [connection.fileno()])

    def _start(self) -> None:
        if self._control is not None and self._owner == os.getpid():
            return
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = str(Path(__file__).resolve().parents[2])
        paths = [home, *(path for path in sys.path if path)]
        with theirs:
            number = str(theirs.fileno())
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _BOOT, self.module, number, *paths],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                env={"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"},
                cwd="/",
                start_new_session=True,
            )
        self._control = ours
        self._owner = os.getpid()

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
        self._control = None

    def close(self) -> None:
        """End the nursery and with it all that it runs."""
        with self._lock:
            is_ours = self._owner == os.getpid()
            if self._control is not None and is_ours:
                # Forks of this program may hold the connection open.
                with contextlib.suppress(OSError):
                    self._control.shutdown(socket.SHUT_RDWR)
            self._forget()
            if self._process is not None and is_ours:
                self._process.wait()
            self._process = None


@cache
def shared_nursery() -> Nursery:
    """Return the nursery that all runs of this program share."""
    nursery = Nursery()
    atexit.register(nursery.close)
    return nursery
