"""The entry to a user's tasks, which loads the judge only where tasks are loaded."""

from __future__ import annotations

from pathlib import Path

from swe_sim.tasks.record import Task


def load(
    path: str | Path, name: str | None = None, *, unsafe: bool = False
) -> tuple[Task, ...]:
    """Return the tasks of a user's file or folder, or the one of a name.

    See `swe_sim.tasks.loading.files.load_tasks`.
    """
    from swe_sim.tasks.loading.files import load_tasks

    return load_tasks(path, name, unsafe=unsafe)
