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
    """Fork a supervisor for each connection that arrives, until the other side is gone."""
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
        data, files, _, _ = socket.recv_fds(connection, 1, 1)
        if not data:
            return
        if os.fork() == 0:
            connection.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _supervise(files[0], paths, functions)
        os.close(files[0])


def _supervise(file: int, paths: Readable, functions: Functions) -> NoReturn:
    status = BROKEN
    try:
        supervise(socket.socket(fileno=file), paths, functions)
        status = 0
    finally:
        os._exit(status)


if __name__ == "__main__":
    serve(int(sys.argv[1]), {})
