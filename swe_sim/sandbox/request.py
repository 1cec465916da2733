"""One run as a request to a nursery, and its answer as an outcome."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.outcome import Outcome
from swe_sim.sandbox.program import Nursery, shared_nursery


def ask(
    argv: Sequence[str],
    files: Mapping[str, str],
    limits: Limits,
    layers: Sequence[str],
    *,
    stdin: str = "",
    writable: Sequence[str] = (),
    nursery: Nursery | None = None,
    is_function: bool = False,
    extra: Sequence[int] = (),
) -> Outcome:
    """Run code as `launch.run` does, without any check of what is asked.

    With `is_function`, `argv` begins with the name of a function that the nursery holds, and
    `extra` are open files that it gets.
    """
    request = {
        "argv": list(argv),
        "files": dict(files),
        "limits": asdict(limits),
        "layers": list(layers),
        "stdin": stdin,
        # Where a tree is laid out if the run has no file system of its own.
        "stage": tempfile.gettempdir(),
        "writable": list(writable),
        "is_function": is_function,
    }
    answer = (nursery or shared_nursery()).run(request, limits.wall, extra)
    return Outcome(
        status=answer["status"],
        stdout=answer["stdout"],
        stderr=answer["stderr"],
        ended_by=answer["ended_by"],
        files=answer["files"],
        omissions=tuple(answer["omissions"]),
        seconds=answer["seconds"],
    )
