"""`run`: one piece of hostile code, in a tree of its own."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from shapley_coop.errors import ConfigError
from swe_sim.sandbox.availability import LAYERS, available
from swe_sim.sandbox.limits import Limits
from swe_sim.sandbox.outcome import Outcome
from swe_sim.sandbox.request import ask

LONGEST_NAME = 255
"""Bytes of the name of a file."""


def run(
    argv: Sequence[str],
    tree: Path | Mapping[str, str],
    limits: Limits | None = None,
    layers: Sequence[str] = LAYERS,
    *,
    stdin: str = "",
    writable: Sequence[str] = (),
    unsafe: bool = False,
) -> Outcome:
    """Run a program in a sandbox and return how it ended.

    `tree` is laid out afresh as the working folder, from a mapping of paths to texts or as a copy
    of a folder. The code reads it and writes only at the paths that `writable` lists, where "."
    is all of it, and in a scratch folder that is its home and its folder for temporary files.

    `layers` chooses what isolates. A layer that does not work here is left out as long as the
    other one holds. With `unsafe`, code also runs where neither holds, and `layers=()` asks for
    that. Raises `ConfigError` for what cannot be run.
    """
    chosen = usable_layers(layers, unsafe=unsafe)
    if not argv or not argv[0] or not all(map(_is_name, argv)):
        raise ConfigError(f"{list(argv)!r} is no command", field="argv")
    files = _copy(tree) if isinstance(tree, Path) else dict(tree)
    for path in (*files, *(path for path in writable if path != ".")):
        _check_path(path)
    places = [str(PurePosixPath(path)) for path in writable]
    ready = _with_writable(files, places)
    _check_folders(ready)
    return ask(argv, ready, limits or Limits(), chosen, stdin=stdin, writable=places)


def usable_layers(layers: Sequence[str], *, unsafe: bool = False) -> tuple[str, ...]:
    """Return those of the layers that hold here. Raises `ConfigError` if none does."""
    unknown = [layer for layer in layers if layer not in LAYERS]
    if unknown:
        raise ConfigError(
            f"unknown layer {unknown[0]!r}; known: {', '.join(LAYERS)}", field="layers"
        )
    if not layers and not unsafe:
        raise ConfigError("hostile code needs a layer that isolates it", field="layers")
    here = available(unsafe=unsafe) if layers else ()
    chosen = tuple(layer for layer in layers if layer in here)
    if layers and not chosen and not unsafe:
        raise ConfigError(
            f"{', '.join(layers)} does not isolate here; {', '.join(here)} does",
            field="layers",
        )
    return chosen


def _is_name(text: str) -> bool:
    """Return whether the kernel can be told a text."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _check_path(path: str) -> None:
    parts = PurePosixPath(path).parts
    is_inside = _is_name(path) and bool(parts) and ".." not in parts
    if not is_inside or path.startswith("/"):
        raise ConfigError(f"{path!r} is no path inside a tree", field="tree")
    if max(len(os.fsencode(part)) for part in parts) > LONGEST_NAME:
        raise ConfigError(
            f"{path[:40]!r}… has a name of more than {LONGEST_NAME} bytes", field="tree"
        )


def _check_folders(paths: Iterable[str]) -> None:
    """Refuse a path that is a file and the folder of another one."""
    files = set(map(PurePosixPath, paths))
    for path in files:
        for parent in path.parents:
            if parent in files:
                raise ConfigError(
                    f"{str(parent)!r} is a file and the folder of {str(path)!r}",
                    field="tree",
                )


def _with_writable(files: Mapping[str, str], writable: Sequence[str]) -> dict[str, str]:
    """Return the files, and empty ones where a writable path has none.

    What may be written has to be there before it can be singled out.
    """
    ready = dict(files)
    for path in writable:
        below = f"{path}/"
        is_folder = path == "." or any(name.startswith(below) for name in files)
        if not is_folder and path not in files:
            ready[path] = ""
    return ready


def _copy(folder: Path) -> dict[str, str]:
    """Return the regular files below a folder, byte for byte. Links are left out."""
    if not folder.is_dir():
        raise ConfigError(f"{str(folder)!r} is no folder", field="tree")
    files = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            name = path.relative_to(folder).as_posix()
            files[name] = data.decode("utf-8", "surrogateescape")
    return files
