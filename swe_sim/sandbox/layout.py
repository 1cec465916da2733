"""A tree as files on a disk, and files on a disk as a tree. No link is ever followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

_ODD_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def lay_out(files: Mapping[str, str], folder: str, owner: int | None = None) -> None:
    """Write all files below an empty folder that nobody else can reach yet.

    `owner` is the user and group that they belong to afterwards, if it is another one.
    """
    folders = {folder}
    for name, text in files.items():
        path = Path(folder, name)
        for parent in reversed(path.relative_to(folder).parents):
            wanted = os.path.join(folder, parent)
            if wanted not in folders:
                folders.add(wanted)
                os.makedirs(wanted, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        if owner is not None:
            os.chown(path, owner, owner)
    if owner is not None:
        for wanted in folders:
            os.chown(wanted, owner, owner)


def read_folder(folder: int, most: int) -> tuple[dict[str, str], list[str]]:
    """Return the regular UTF-8 files below an open folder, and what was left out and why.

    `most` bounds the bytes that are read, of all files together.
    """
    files: dict[str, str] = {}
    omissions: list[str] = []
    for place, names, parent in _walk(folder, omissions):
        for name in names:
            path = f"{place}{name}"
            # A name need not be UTF-8, and a record has to be.
            shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
            data = _regular_file(name, parent, most)
            if data is None or shown != path:
                omissions.append(f"{shown}: no regular file of at most {most} bytes")
                continue
            try:
                files[path] = data.decode("utf-8")
            except UnicodeDecodeError:
                omissions.append(f"{shown}: no UTF-8")
                continue
            most -= len(data)
    return files, omissions


def _walk(folder: int, omissions: list[str]) -> Iterator[tuple[str, list[str], int]]:
    failed = omissions.append
    for place, _, names, parent in os.fwalk(
        dir_fd=folder, onerror=lambda error: failed(f"{error.filename}: unreadable")
    ):
        inside = place.removeprefix(".").removeprefix("/")
        yield (f"{inside}/" if inside else ""), sorted(names), parent


def _regular_file(name: str, parent: int, most: int) -> bytes | None:
    """Return the bytes of a file, or None if it is a link, odd, too large or unreadable."""
    try:
        file = os.open(name, _ODD_READ, dir_fd=parent)
    except OSError:
        return None
    try:
        state = os.fstat(file)
        if not stat.S_ISREG(state.st_mode) or state.st_size > most:
            return None
        with open(file, "rb", closefd=False) as stream:
            data = stream.read(most + 1)
    finally:
        os.close(file)
    return data if len(data) <= most else None


def remove_folder(folder: str) -> None:
    """Remove a folder and all below it, also what its owner may not read. No code runs any more."""
    for place, folders, names in os.walk(folder):
        for name in folders:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                # So that the walk gets in.
                os.chmod(path, 0o700)
        for name in names:
            os.unlink(os.path.join(place, name))
    for place, folders, _ in os.walk(folder, topdown=False):
        for name in folders:
            path = os.path.join(place, name)
            if os.path.islink(path):
                os.unlink(path)
            else:
                os.rmdir(path)
    os.rmdir(folder)
