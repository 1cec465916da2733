"""A small process that forks the runs of a program, so that each starts in milliseconds.

It is started once, with nothing of the program's environment, memory or open files. It ends with
the program, and its runs with it.
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from typing import NoReturn

from swe_sim.sandbox.inside import seccomp
from swe_sim.sandbox.inside.entry import BROKEN, Functions
from swe_sim.sandbox.readable import Readable, readable
from swe_sim.sandbox.supervisor import supervise


def serve(control: int, functions: Functions) -> None:
    """Give each connection that arrives to a supervisor, until the other side is gone."""
    connection = socket.socket(fileno=control)
    # A supervisor that ends needs nobody who waits for it.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    paths = readable()
    for scoped in (False, True):
        seccomp.packed_program(signals_are_scoped=scoped)
    # A fork copies each page that a collection of garbage would touch.
    gc.collect()
    gc.freeze()
    gc.disable()
    while True:
        # One supervisor waits at any time, so that no run waits for a fork of this process.
        spare = _spare_supervisor(connection, paths, functions)
        data, files, _, _ = socket.recv_fds(connection, 1, 1)
        # Who is not needed any more reads that its own connection is closed.
        with spare:
            if not data:
                return
            try:
                socket.send_fds(spare, [b"r"], files)
            except OSError:
                # It was killed. Another one takes its place.
                with _spare_supervisor(connection, paths, functions) as another:
                    socket.send_fds(another, [b"r"], files)
        os.close(files[0])


def _spare_supervisor(
    control: socket.socket, paths: Readable, functions: Functions
) -> socket.socket:
    """Fork a supervisor, and return where it waits for the connection of its run."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        control.close()
        ours.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _supervise(theirs, paths, functions)
    theirs.close()
    return ours


def _supervise(
    waiting: socket.socket, paths: Readable, functions: Functions
) -> NoReturn:
    status = BROKEN
    try:
        with waiting:
            data, files, _, _ = socket.recv_fds(waiting, 1, 1)
        if data:
            supervise(socket.socket(fileno=files[0]), paths, functions)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve(int(sys.argv[1]), {})
