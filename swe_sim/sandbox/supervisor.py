"""One run from outside: it lays out the tree, starts the code, watches it, and clears up."""

from __future__ import annotations

import contextlib
import os
import socket
import time

from swe_sim.sandbox import processes, wire
from swe_sim.sandbox.inside import entry, kernel
from swe_sim.sandbox.inside.plan import Places, Plan
from swe_sim.sandbox.layout import lay_out, read_folder, remove_folder
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.readable import Readable
from swe_sim.sandbox.watch import Watch

MOST_OMISSIONS = 50
FOLDER = "swe-sandbox-"
"""How the names of the folders begin that hold trees of runs without namespaces."""


def supervise(
    connection: socket.socket, readable: Readable, functions: entry.Functions
) -> None:
    """Do one run as it is asked for over a connection, and answer there."""
    asked = wire.receive(connection)
    if asked is None:
        return
    extra = _handed_files(connection, asked["extra"])
    plan = Plan(
        argv=tuple(asked["argv"]),
        is_function=asked["is_function"],
        files=asked["files"],
        writable=tuple(asked["writable"]),
        layers=tuple(asked["layers"]),
        limits=Limits(**asked["limits"]),
        readable=readable,
    )
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)
    run = _Run(plan, asked["stdin"], asked["stage"], connection)
    try:
        answer = run.play(extra, functions)
    except OSError as error:
        answer = {"failed": f"{type(error).__name__}: {error}"}
    finally:
        run.clear()
    with contextlib.suppress(OSError):
        wire.send(connection, answer)


def _handed_files(connection: socket.socket, count: int) -> tuple[int, ...]:
    if not count:
        return ()
    _, files, _, _ = socket.recv_fds(connection, 1, count)
    return tuple(files)


class _Run:
    """What one run holds while it lasts."""

    def __init__(
        self, plan: Plan, stdin: str, stage: str, connection: socket.socket
    ) -> None:
        self.plan = plan
        self.stdin = stdin
        self.stage = stage
        self.connection = connection
        self.folder = ""
        self.tree = -1

    def play(self, extra: tuple[int, ...], functions: entry.Functions) -> wire.Message:
        """Run the code to its end and return the answer for the caller."""
        begin = time.monotonic()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = [os.pipe() for _ in range(3)]
        streams = entry.Streams(pipes[0][0], pipes[1][1], pipes[2][1], extra)
        places = self._places()
        child = os.fork()
        if child == 0:
            with entry.Failures(theirs):
                self.connection.close()
                ours.close()
                for file in (pipes[0][1], pipes[1][0], pipes[2][0]):
                    os.close(file)
                if self.plan.has_namespaces:
                    entry.walk_in(self.plan, streams, theirs, functions)
                entry.be_code(self.plan, places, streams, theirs, functions)
        theirs.close()
        for file in (streams.stdin, streams.stdout, streams.stderr, *extra):
            os.close(file)
        watch = Watch(
            self.plan,
            child,
            self.folder,
            ours,
            self.connection,
            (pipes[0][1], pipes[1][0], pipes[2][0]),
            self.stdin,
        )
        watch.until_the_end()
        if watch.tree >= 0:
            self.tree = watch.tree
        if watch.failure:
            return {"failed": watch.failure}
        files: dict[str, str] = {}
        omissions: list[str] = []
        # Functions are ours and leave no tree behind.
        if not self.plan.is_function:
            files, omissions = read_folder(self.tree, self.plan.limits.disk)
        return {
            "status": watch.status,
            "stdout": watch.text(0),
            "stderr": watch.text(1),
            "ended_by": watch.ended_by,
            "files": files,
            "omissions": omissions[:MOST_OMISSIONS],
            "seconds": time.monotonic() - begin,
        }

    def _places(self) -> Places:
        """Lay out the tree on the disk, unless the run gets a file system of its own."""
        if self.plan.has_namespaces:
            return Places("", "")
        self.folder = f"{self.stage}/{FOLDER}{os.urandom(12).hex()}"
        os.mkdir(self.folder, 0o700)
        places = Places(f"{self.folder}/tree", f"{self.folder}/scratch")
        os.mkdir(places.tree)
        os.mkdir(places.scratch)
        lay_out(self.plan.files, places.tree)
        self.tree = os.open(places.tree, os.O_RDONLY | os.O_DIRECTORY)
        return places

    def clear(self) -> None:
        """Leave no process and no file behind."""
        processes.end_all()
        if self.folder:
            remove_folder(self.folder)
