"""How bytes reach the disk and come back: whole files at once, or whole lines at the end."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from shapley_coop.errors import RunFolderError, StorageError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def storage_error(path: Path, doing: str, error: OSError) -> StorageError:
    """Return the error that says what the disk refused, why, and what to do."""
    field = "runs_dir"
    if error.errno in _FULL:
        # Another folder on the same disk would be as full.
        field = ""
        advice = "free some space and give the same command again; what was written stays valid"
    elif error.errno == errno.EEXIST and path.is_dir():
        # A folder stands there already, which is no fault of the place.
        advice = "another writer made it at the same time; try again"
    elif error.errno in {errno.ENOTDIR, errno.EEXIST}:
        advice = "a file stands where a folder is needed; choose another"
    elif error.errno == errno.ENOENT:
        advice = "make its folder first or choose another"
    else:
        advice = "make the folder writable or choose another"
    reason = error.strerror or repr(error)
    message = f"cannot {doing} {str(path)!r}: {reason.lower()}; {advice}"
    return StorageError(message, field=field)


def replace(path: Path, text: str) -> None:
    """Write a whole text so that a reader sees the old one or the new, never a part.

    Raises:
        StorageError: the disk refused. The old file is untouched.
    """
    content = text.encode("utf-8", "backslashreplace")
    replace_by(path, lambda new: new.write_bytes(content))


def replace_by(path: Path, write: Callable[[Path], object]) -> None:
    """Have a whole file written so that a reader sees the old one or the new, never a part.

    Args:
        path: the file.
        write: writes it all to the path that it is given.

    Raises:
        StorageError: the disk refused. The old file is untouched.
    """
    with draft(path) as new:
        write(new)


@contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Yield the path of a draft, which takes the place of a file once it is written whole.

    Raises:
        StorageError: the disk refused. The old file is untouched.
    """
    # A rename is one step for the system, where writing over the old file would be many.
    new = path.with_name(f".{path.name}.new")
    try:
        yield new
        with new.open("rb+") as file:
            os.fsync(file.fileno())
        new.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error(path, "write", error) from error
    finally:
        # Whatever ended this, no half of a file may be taken for the whole.
        with suppress(OSError):
            new.unlink(missing_ok=True)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Appender:
    """A file that grows by whole lines: each reaches the system at once, or none of it does."""

    def __init__(self, path: Path) -> None:
        """Open at the end.

        Raises:
            StorageError: the file cannot be opened.
        """
        self.path = path
        try:
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        except OSError as error:
            raise storage_error(path, "open", error) from error
        self._end = os.fstat(self._handle).st_size

    def append(self, lines: bytes) -> None:
        """Add lines that end in a newline.

        Raises:
            StorageError: the disk refused. The file ends where it ended before.
        """
        rest = memoryview(lines)
        try:
            # The system may take a part of what it is given, such as on a disk almost full.
            while rest:
                count = os.write(self._handle, rest)
                rest = rest[count:]
        except OSError as error:
            # If even this fails, the torn line is cut on resume.
            with suppress(OSError):
                os.ftruncate(self._handle, self._end)
            raise storage_error(self.path, "write", error) from error
        self._end += len(lines)

    def sync(self) -> None:
        """Wait until the device has everything.

        Raises:
            StorageError: the disk refused.
        """
        try:
            os.fsync(self._handle)
        except OSError as error:
            raise storage_error(self.path, "write", error) from error

    def close(self) -> None:
        """Release the file."""
        os.close(self._handle)


class StoredLine(NamedTuple):
    """One whole line of a file, without its newline, and the offset right after it."""

    number: int
    """Its number in the file, from 1."""
    text: bytes
    """The bytes of the line."""
    end: int
    """Where the next line begins."""


def lines(path: Path) -> Iterator[StoredLine]:
    """Yield the whole lines of a file. An absent file has none.

    A last line without its newline was torn when the process was cut, and is left out.

    Raises:
        RunFolderError: the file cannot be read.
    """
    end = 0
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    return
                end += len(line)
                yield StoredLine(number, line[:-1], end)
    except FileNotFoundError:
        return
    except OSError as error:
        raise RunFolderError(f"cannot read {str(path)!r}: {error.strerror}") from error


def shorten(path: Path, size: int) -> None:
    """Shorten a file to `size` bytes, or leave it if it is shorter or absent.

    Raises:
        StorageError: the disk refused.
    """
    try:
        if path.exists() and path.stat().st_size > size:
            with path.open("r+b") as file:
                file.truncate(size)
                os.fsync(file.fileno())
    except OSError as error:
        raise storage_error(path, "shorten", error) from error
