"""The limits of one run, watched from outside: time, memory, disk, output and forks."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time

from swe_sim.sandbox import processes
from swe_sim.sandbox.inside import forks, namespaces
from swe_sim.sandbox.inside.plan import Plan

PAUSE = 0.02
"""Seconds between two looks at memory, processor time and disk."""
_CHUNK = 1 << 16
_LIMIT_SIGNALS: dict[int, str] = {signal.SIGXCPU: "cpu", signal.SIGXFSZ: "file_bytes"}
"""Signals by which the kernel itself ends a process that passes a limit."""


class Watch:
    """Follows one run until its last process is gone."""

    def __init__(
        self,
        plan: Plan,
        child: int,
        folder: str,
        channel: socket.socket,
        connection: socket.socket,
        pipes: tuple[int, int, int],
        stdin: str,
    ) -> None:
        self.plan = plan
        self.child = child
        """The process on the way in, or the code itself if there are no namespaces."""
        self.folder = folder
        self.channel = channel
        self.connection = connection
        self.stdin = stdin.encode("utf-8", "surrogateescape")
        self.pipes = pipes
        self.output: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self.listener = -1
        self.tree = -1
        self.status: int | None = None
        self.ended_by: str | None = None
        self.failure = ""
        self.over = False
        self.select = selectors.DefaultSelector()

    def text(self, stream: int) -> str:
        """Return what was written to standard output (0) or standard error (1)."""
        return self.output[stream].decode("utf-8", "replace")

    def until_the_end(self) -> None:
        """Follow the run. Afterwards no process of it is left."""
        deadline = time.monotonic() + self.plan.limits.wall
        ended = os.pidfd_open(self.child)
        into, out, err = self.pipes
        os.set_blocking(into, False)
        read = selectors.EVENT_READ
        self.select.register(into, selectors.EVENT_WRITE, self._write)
        self.select.register(out, read, lambda: self._read(out, 0))
        self.select.register(err, read, lambda: self._read(err, 1))
        self.select.register(self.channel, read, self._hear)
        self.select.register(self.connection, read, self._end)
        self.select.register(ended, read, self._end)
        look = time.monotonic() + PAUSE
        while not self.over:
            for key, _ in self.select.select(PAUSE):
                key.data()
            now = time.monotonic()
            if now >= deadline:
                self._end_by("wall")
            elif now >= look:
                self._look()
                look = time.monotonic() + PAUSE
        self._finish(ended)

    def _finish(self, ended: int) -> None:
        self._forget(self.connection)
        self._forget(self.channel)
        self._forget(ended)
        if self.listener >= 0:
            self._forget(self.listener)
            forks.refuse_all(self.listener)
        if self.ended_by is not None or self.status is None:
            # What the code did before it was ended still counts.
            self._collect_status()
        processes.end_all()
        # With the last process the other ends are closed, so that reading comes to an end.
        while self.select.get_map():
            for key, _ in self.select.select():
                key.data()
        self._hear_rest()
        os.close(ended)
        if self.ended_by is None and self.status is not None:
            self.ended_by = _LIMIT_SIGNALS.get(-self.status)

    def _collect_status(self) -> None:
        if self.plan.has_namespaces:
            self._hear_rest()
            if self.status is None:
                self.status = -signal.SIGKILL
            return
        process, status = os.waitpid(self.child, os.WNOHANG)
        if process == 0:
            os.kill(self.child, signal.SIGKILL)
            _, status = os.waitpid(self.child, 0)
        self.status = os.waitstatus_to_exitcode(status)

    def _hear_rest(self) -> None:
        self.channel.setblocking(False)
        try:
            while self._take():
                pass
        except BlockingIOError:
            return

    def _forget(self, source: int | socket.socket) -> None:
        if source in self.select.get_map():
            self.select.unregister(source)

    def _end(self) -> None:
        self.over = True

    def _end_by(self, limit: str) -> None:
        self.ended_by = limit
        self.over = True

    def _write(self) -> None:
        into = self.pipes[0]
        try:
            sent = os.write(into, self.stdin[:_CHUNK]) if self.stdin else 0
        except BlockingIOError:
            return
        except BrokenPipeError:
            sent = len(self.stdin)
        self.stdin = self.stdin[sent:]
        if not self.stdin:
            self._forget(into)
            os.close(into)

    def _read(self, source: int, stream: int) -> None:
        data = os.read(source, _CHUNK)
        if not data:
            self._forget(source)
            os.close(source)
            return
        room = self.plan.limits.output - sum(map(len, self.output))
        self.output[stream].extend(data[:room])
        if len(data) > room and self.ended_by is None:
            self._end_by("output")

    def _hear(self) -> None:
        if not self._take():
            self._forget(self.channel)

    def _take(self) -> bool:
        """Take one message of the way in. Return whether there was one."""
        data, files, _, _ = socket.recv_fds(self.channel, 4096, 1)
        word, _, rest = data.partition(b" ")
        if word == b"map":
            try:
                namespaces.map_users(self.child)
            except OSError as error:
                self.failure = f"the users of a new namespace: {error}"
                self.over = True
                return True
            self.channel.send(b"mapped")
        elif word == b"tree":
            self.tree = files[0]
        elif word == b"forks":
            self.listener = files[0]
            self.select.register(files[0], selectors.EVENT_READ, self._answer_fork)
        elif word == b"status":
            self.status = int(rest)
        elif word == b"failed":
            self.failure = rest.decode("utf-8", "replace")
            self.over = True
        return bool(data)

    def _answer_fork(self) -> None:
        if forks.is_asked(self.listener):
            forks.answer(self.listener, self._may_fork)
        else:
            self._forget(self.listener)

    def _may_fork(self) -> bool:
        return self._usage().tasks < self.plan.limits.processes

    def _usage(self) -> processes.Usage:
        """Return what the code uses, without the processes that only lead the way in."""
        below = processes.descendants(os.getpid())
        if self.plan.has_namespaces:
            below = below[1 if self.plan.is_function else 2 :]
        return processes.usage(below)

    def _look(self) -> None:
        limits = self.plan.limits
        usage = self._usage()
        if usage.memory > limits.memory:
            self._end_by("memory")
        elif usage.cpu > limits.cpu:
            self._end_by("cpu")
        elif self.folder and _disk_use(self.folder, limits.disk) > limits.disk:
            self._end_by("disk")


def _disk_use(folder: str, enough: int) -> int:
    """Return the bytes of all files below a folder, or some number above `enough`."""
    used = 0
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            try:
                state = os.lstat(os.path.join(place, name))
            except OSError:
                continue
            used += max(state.st_blocks * 512, 512)
        if used > enough:
            break
    return used
