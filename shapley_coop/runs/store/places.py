"""Where runs are: the folders in a folder of runs, the newest of them, and one by its id."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapley_coop.errors import RunFolderError

MOST_LISTED = 5
"""Runs that an error names."""


def run_paths(folder: Path) -> list[Path]:
    """Return the run folders in a folder, oldest first: their names begin with the time."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    # A hidden folder is a draft of a run that is being made.
    visible = [path for path in paths if not path.name.startswith(".")]
    return [path for path in visible if is_run(path)]


def damaged_paths(folder: Path) -> list[Path]:
    """Return the folders in a folder of runs that hold episodes but no record of a run."""
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return []
    visible = [path for path in paths if not path.name.startswith(".")]
    holds = [path for path in visible if (path / "episodes.jsonl").is_file()]
    return [path for path in holds if not is_run(path)]


def is_run(path: Path) -> bool:
    """Return whether a folder says that it holds a run."""
    try:
        return (path / "run.json").is_file()
    except OSError:
        return False


def newest(runs_dir: Path) -> Path:
    """Return the run that was begun last in a folder of runs.

    Raises:
        RunFolderError: there is none.
    """
    paths = run_paths(runs_dir)
    if not paths:
        raise RunFolderError(
            f"there is no run in {str(runs_dir)!r}; give the folder of one, or play one",
            field="run",
        )
    return paths[-1]


def locate(name: str | Path, runs_dir: Path) -> Path:
    """Return the folder of a run that is named by its path, its id, or one end of its id.

    Raises:
        RunFolderError: several runs begin or end so, or none where there are runs.
    """
    path = Path(name)
    # A path always counts first, whatever else is called like it.
    if len(path.parts) != 1 or _exists(path):
        return path
    if is_run(runs_dir / path):
        return runs_dir / path
    # An id begins with the time and ends in a digest, and either is short to type.
    part = str(path)
    names = [run.name for run in run_paths(runs_dir)]
    matches = [name for name in names if name.startswith(part) or name.endswith(part)]
    if len(matches) > 1:
        newest_first = matches[::-1]
        listed = ", ".join(newest_first[:MOST_LISTED])
        more = ""
        if len(matches) > MOST_LISTED:
            more = f" (newest {MOST_LISTED} of {len(matches)})"
        raise RunFolderError(
            f"several runs begin or end with {part!r}{more}: {listed}; name one"
        )
    if names and not matches:
        raise RunFolderError(f"there is no run {part!r}; {_known(run_paths(runs_dir))}")
    # Where nothing was played yet, whoever opens the name tells what to do.
    return runs_dir / matches[0] if matches else path


def _exists(path: Path) -> bool:
    # A name may be too long for the system. Whoever opens it is told.
    try:
        return path.exists()
    except OSError:
        return True


def check_is_run(path: Path) -> None:
    """Raise RunFolderError, which names runs that are near, unless a path leads to a run."""
    if (path / "run.json").is_file():
        return
    name = repr(str(path))
    inside = run_paths(path) if path.is_dir() else []
    if inside:
        what = f"{name} is a folder of runs, not a run"
    elif path.is_dir():
        what = f"{name} is not a run folder: it holds no run.json"
    elif path.exists():
        what = f"{name} is a file, not a run folder"
    else:
        what = f"there is no run {name}"
    # Whoever mistyped a name is helped by the names that exist.
    around = inside or run_paths(path.parent)
    if around:
        raise RunFolderError(f"{what}; {_known(around)}")
    raise RunFolderError(
        f"{what}; no run is near it: give the folder of a run, or play one", field="run"
    )


def _known(paths: Sequence[Path]) -> str:
    """Return the newest of some runs in words."""
    names = ", ".join(str(path) for path in paths[-MOST_LISTED:])
    more = ""
    if len(paths) > MOST_LISTED:
        more = f" (newest {MOST_LISTED} of {len(paths)})"
    return f"known runs{more}: {names}"
