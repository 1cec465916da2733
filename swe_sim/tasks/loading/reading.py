"""Reading files that somebody else wrote, within bounds: their size, their kind, their code."""

from __future__ import annotations

import ast
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from shapley_coop.errors import ConfigError
from swe_sim.tasks.loading.draft import FIELD

MOST_BYTES = 16 * 1024 * 1024
"""Bytes of one file."""
MOST_LISTED = 50_000
"""Files and folders that are listed below a folder."""


def bounded_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        ConfigError: it is no file, too large, no UTF-8, or cannot be read.
    """
    try:
        # A pipe or a device has no end, or none that comes by itself.
        state = path.stat()
        if not stat.S_ISREG(state.st_mode):
            raise ConfigError(f"{str(path)!r} is no file", field=FIELD)
        if state.st_size > MOST_BYTES:
            raise ConfigError(
                f"{str(path)!r} has {state.st_size:,} bytes; at most {MOST_BYTES:,} are read",
                field=FIELD,
            )
        return path.read_text(encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"{str(path)!r} cannot be read: {error}", field=FIELD
        ) from error


def files_below(folder: Path, without: tuple[str, ...]) -> Iterator[Path]:
    """Yield the files below a folder in order, without links and without some folders.

    Raises:
        ConfigError: there are too many.
    """
    listed = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in without)
        listed += len(folders) + len(names)
        if listed > MOST_LISTED:
            raise ConfigError(
                f"{str(folder)!r} has more than {MOST_LISTED:,} files and folders; keep those "
                "that the task needs",
                field=FIELD,
            )
        for name in sorted(names):
            path = Path(place, name)
            if path.is_file() and not path.is_symlink():
                yield path


def syntax_tree(text: str, place: str) -> ast.Module:
    """Return the syntax tree of somebody's code.

    Raises:
        ConfigError: it is no Python, or nests too deeply to be read.
    """
    try:
        module = ast.parse(text)
        # What can be parsed may still nest too deeply to be written again.
        ast.unparse(module)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ConfigError(f"{place} is no Python: {error}", field=FIELD) from error
    return module
