"""A log on the disk, a file or a folder, read within bounds and never beyond its own folder."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from shapley_coop.errors import InputError
from shapley_coop.records.words import clean
from shapley_coop.teams.imports.bounds import (
    DEEPEST_FOLDER,
    MOST_ENTRIES,
    MOST_FILE,
    MOST_FILES,
    MOST_LINE,
    MOST_TOTAL,
    MOST_VALUES,
    parse,
    refuse,
    value_count,
)

CHUNK = 1 << 20
"""Bytes that are read at a time. Whoever asks for more is given the memory at once."""


class Source:
    """What an import reads: one file, or the files below a folder."""

    def __init__(self, path: Path) -> None:
        """Look at the file or folder that a user named.

        Raises:
            InputError: it does not exist, or is neither a file nor a folder.
        """
        self.path = path
        self._left_out: dict[str, None] = {}
        self._bytes = self._values = 0
        try:
            mode = path.stat().st_mode
        except (OSError, ValueError) as error:
            raise self._unreadable(path, error) from error
        self.is_folder = stat.S_ISDIR(mode)
        if not self.is_folder and not stat.S_ISREG(mode):
            raise refuse(f"{self.place(path)} is a pipe or a device; name a file")

    def place(self, path: Path) -> str:
        """Return how a file is called in errors: from the folder on that was named."""
        name = str(path)
        if path != self.path and path.is_relative_to(self.path):
            name = str(path.relative_to(self.path))
        return repr(clean(name, 200))

    def files(self, *suffixes: str) -> list[Path]:
        """Return the files whose names end in one of some suffixes, sorted.

        Links are not followed, so nothing outside the folder is read and no folder comes twice.
        Hidden folders are passed over.

        Raises:
            InputError: there are too many files.
        """
        if not self.is_folder:
            return [self.path]
        names = [path for path in self._walk() if path.name.endswith(suffixes)]
        return sorted(names)

    def _walk(self) -> Iterator[Path]:
        count = 0
        folders = [(self.path, 0)]
        while folders:
            folder, depth = folders.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    count += 1
                    if count > MOST_FILES:
                        raise refuse(
                            f"{self.place(self.path)} holds more than {MOST_FILES:,} files; "
                            "name a folder within it"
                        )
                    if entry.is_file(follow_symlinks=False):
                        yield Path(entry.path)
                    elif not entry.is_dir(follow_symlinks=False):
                        self.skip(Path(entry.path), "no file, or a link")
                    elif depth == DEEPEST_FOLDER:
                        self.skip(Path(entry.path), "too deep")
                    elif not entry.name.startswith("."):
                        folders.append((Path(entry.path), depth + 1))

    def skip(self, path: Path, reason: str) -> None:
        """Note that a file is left out."""
        self.leave_out(f"{self.place(path)}: {reason}")

    def leave_out(self, words: str) -> None:
        """Note that something is left out, and why."""
        # A folder is walked once for each format that looks at it, so lines come again.
        self._left_out[words] = None

    @property
    def left_out(self) -> tuple[str, ...]:
        """What was not read, with the reason."""
        return tuple(self._left_out)

    def text(self, path: Path) -> str:
        """Return the text of a whole file.

        Raises:
            InputError: it cannot be read, is too large, or is no text in UTF-8.
        """
        return self._decoded(self.data(path), self.place(path))

    def data(self, path: Path) -> bytes:
        """Return the bytes of a whole file.

        Raises:
            InputError: it cannot be read, or is too large.
        """
        data = bytearray()
        with self._open(path) as stream:
            if os.fstat(stream.fileno()).st_size > MOST_FILE:
                raise self._too_large(path)
            # Files of the kernel claim to be empty and others may grow, so their end decides.
            while chunk := self._read(stream, CHUNK, path):
                data += chunk
                if len(data) > MOST_FILE:
                    raise self._too_large(path)
        return bytes(data)

    def _too_large(self, path: Path) -> InputError:
        return refuse(f"{self.place(path)} is larger than {MOST_FILE:,} bytes")

    def head(self, path: Path, count: int = 65_536) -> str:
        """Return how a file begins, as well as it can be read as text."""
        with self._open(path) as stream:
            return self._read(stream, count, path).decode("utf-8-sig", "replace")

    def json(self, path: Path) -> Any:
        """Return the value of a JSON file.

        Raises:
            InputError: it cannot be read within bounds.
        """
        return self.parse(self.text(path), self.place(path))

    def lines(self, path: Path) -> Iterator[tuple[str, str]]:
        """Yield each line of a file that is not blank, after its place, for errors.

        Raises:
            InputError: the file cannot be read, a line is too long, or there are too many.
        """
        with self._open(path) as stream:
            for number in range(1, MOST_ENTRIES + 2):
                line = self._read_line(stream, path)
                if not line:
                    return
                place = f"line {number:,} of {self.place(path)}"
                if number > MOST_ENTRIES:
                    raise refuse(
                        f"{self.place(path)} has more than {MOST_ENTRIES:,} lines; import a part"
                    )
                if len(line) > MOST_LINE:
                    raise refuse(f"{place} is longer than {MOST_LINE:,} bytes")
                text = self._decoded(line, place)
                if text.strip():
                    yield place, text

    def entries(self, path: Path) -> Iterator[tuple[str, Any]]:
        """Yield the JSON value of each line of a file that is not blank, after its place.

        Raises:
            InputError: a line is no JSON, or the file cannot be read within bounds.
        """
        for place, text in self.lines(path):
            yield place, self.parse(text, place)

    def parse(self, text: str, place: str) -> Any:
        """Return the value of a JSON text that is part of the log.

        Args:
            text: the text.
            place: where it stands, for errors.

        Raises:
            InputError: it is no JSON, or the log holds too many values.
        """
        # Values take some twenty times the memory of their text, so they are counted before.
        self._values += value_count(text)
        if self._values > MOST_VALUES:
            raise refuse(
                f"{self.place(self.path)} holds more than {MOST_VALUES:,} values; import a part"
            )
        return parse(text, place)

    def _open(self, path: Path) -> BinaryIO:
        # A pipe must not make the caller wait, and a link must not lead out of the folder.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
        if path != self.path:
            flags |= os.O_NOFOLLOW
        try:
            stream = os.fdopen(os.open(path, flags), "rb")
        except (OSError, ValueError) as error:
            raise self._unreadable(path, error) from error
        status = os.fstat(stream.fileno())
        if not stat.S_ISREG(status.st_mode):
            stream.close()
            raise refuse(f"{self.place(path)} is no file that can be read")
        return stream

    def _read(self, stream: BinaryIO, most: int, path: Path) -> bytes:
        try:
            data = stream.read(most) or b""
        except OSError as error:
            raise self._unreadable(path, error) from error
        return self._count(data)

    def _read_line(self, stream: BinaryIO, path: Path) -> bytes:
        try:
            line = stream.readline(MOST_LINE + 1)
        except OSError as error:
            raise self._unreadable(path, error) from error
        return self._count(line)

    def _unreadable(self, path: Path, error: OSError | ValueError) -> InputError:
        reason = str(error)
        if isinstance(error, OSError):
            reason = error.strerror or reason
            if error.errno == errno.ELOOP:
                reason = "it is a link, and none is followed within a log"
        return refuse(f"{self.place(path)} cannot be read: {reason}")

    def _count(self, data: bytes) -> bytes:
        self._bytes += len(data)
        if self._bytes > MOST_TOTAL:
            raise refuse(
                f"{self.place(self.path)} is more than {MOST_TOTAL:,} bytes; import a part"
            )
        return data

    def _decoded(self, data: bytes, place: str) -> str:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise refuse(f"{place} is no text in UTF-8 (byte {error.start})") from error
