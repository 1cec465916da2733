"""The processes of one run: the way in, the first process of a namespace, and the code."""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from swe_sim.sandbox.environment import variables
from swe_sim.sandbox.inside import kernel, namespaces
from swe_sim.sandbox.inside.plan import INSIDE, Places, Plan
from swe_sim.sandbox.inside.restrict import restrict

NOT_FOUND = 127
BROKEN = 125
"""The exit status of a way in that failed. What failed is told to the supervisor."""

Functions = Mapping[str, Callable[[tuple[str, ...], tuple[int, ...]], int]]
"""Functions that a nursery holds by name. Each gets its arguments and open files, and returns an
exit status."""


@dataclass(frozen=True, slots=True)
class Streams:
    """Open files of the code: standard input, output and error, and others that were handed in."""

    stdin: int
    stdout: int
    stderr: int
    extra: tuple[int, ...] = ()


def walk_in(
    plan: Plan, streams: Streams, channel: socket.socket, functions: Functions
) -> NoReturn:
    """Go into new namespaces, start the code there, and wait for it. Never returns."""
    namespaces.enter(plan, channel)
    first = os.fork()
    if first == 0:
        with Failures(channel):
            _be_first(plan, streams, channel, functions)
    _close(streams)
    _, status = os.waitpid(first, 0)
    if plan.is_function:
        channel.send(b"status %d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _be_first(
    plan: Plan, streams: Streams, channel: socket.socket, functions: Functions
) -> NoReturn:
    """Be the first process of a namespace: all others end with it, and it reaps them.

    A function of ours is the first process itself, which spares a fork. A program is not, since
    the kernel treats signals to the first process differently.
    """
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    namespaces.mount_processes()
    if plan.is_function:
        be_code(plan, INSIDE, streams, channel, functions)
    code = os.fork()
    if code == 0:
        with Failures(channel):
            be_code(plan, INSIDE, streams, channel, functions)
    _close(streams)
    while True:
        process, status = os.wait()
        if process == code:
            channel.send(b"status %d" % os.waitstatus_to_exitcode(status))
            os._exit(0)


def be_code(
    plan: Plan,
    places: Places,
    streams: Streams,
    channel: socket.socket,
    functions: Functions,
) -> NoReturn:
    """Bind this process to the plan and become the code. Never returns."""
    os.setsid()
    # Copies above the standard ones, so that none is written over before it is used.
    sources = [os.dup(file) for file in (streams.stdin, streams.stdout, streams.stderr)]
    for target, source in enumerate(sources):
        os.dup2(source, target)
    restrict(plan, places, channel)
    # Whoever watches this process may be killed. A change of user has forgotten this once.
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
    _close_all_but({0, 1, 2, *streams.extra})
    os.umask(0o022)
    if plan.is_function:
        os._exit(_call(plan, places, streams, functions))
    _execute(plan, places)


def _call(plan: Plan, places: Places, streams: Streams, functions: Functions) -> int:
    os.environ.clear()
    os.environ.update(variables(places.scratch))
    # What the nursery found out for itself is not so in here.
    if "tempfile" in sys.modules:
        sys.modules["tempfile"].tempdir = places.scratch  # type: ignore[attr-defined]
    gc.enable()
    name, *arguments = plan.argv
    try:
        return functions[name](tuple(arguments), streams.extra)
    except BaseException:  # noqa: BLE001 - there is nobody above who could handle it
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


def _execute(plan: Plan, places: Places) -> NoReturn:
    for file in range(3):
        os.set_inheritable(file, True)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvpe(plan.argv[0], plan.argv, variables(places.scratch))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        os.write(2, f"{plan.argv[0]}: {why}\n".encode("utf-8", "replace"))
        os._exit(NOT_FOUND)


def _close_all_but(keep: set[int]) -> None:
    low = 0
    for file in sorted(keep):
        # An empty range would be taken for one without an end.
        if low < file:
            os.closerange(low, file)
        low = file + 1
    os.closerange(low, 1 << 16)


def _close(streams: Streams) -> None:
    for file in (streams.stdin, streams.stdout, streams.stderr, *streams.extra):
        os.close(file)


class Failures:
    """Tells the supervisor what failed on the way in, and ends this process."""

    def __init__(self, channel: socket.socket) -> None:
        self.channel = channel

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: object, error: BaseException | None, trace: object
    ) -> None:
        # Nothing of the parent's work must go on in a child.
        try:
            if error is not None:
                words = f"failed {type(error).__name__}: {error}"
                self.channel.send(words.encode("utf-8", "replace"))
        finally:
            # The channel may be closed already. To go on would be to end like the supervisor.
            os._exit(BROKEN)
