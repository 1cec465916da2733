"""JSON files in zip archives, read in memory: nothing is unpacked, and nothing can explode."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, ZipInfo

from shapley_coop.records.words import clean
from shapley_coop.teams.imports.bounds import (
    MOST_FILE,
    MOST_FILES,
    MOST_TOTAL,
    parse,
    refuse,
)
from shapley_coop.teams.imports.source import Source


def json_members(source: Source, path: Path, prefix: str) -> Iterator[Any]:
    """Yield the values of the JSON files in an archive whose names begin with a prefix.

    Raises:
        InputError: it is no archive, is compressed in a way that Python cannot read, or holds more
            than is read.
    """
    place = source.place(path)
    total = 0
    with _opened(source, path) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_FILES:
            raise refuse(f"{place} holds more than {MOST_FILES:,} files")
        for entry in entries:
            name = entry.filename
            if not name.startswith(prefix) or not name.endswith(".json"):
                continue
            within = f"{clean(name, 100)!r} in {place}"
            # A name in an archive is not a path that anything is written to, so it may be any.
            data = _data(archive, entry, within)
            total += len(data)
            # What an archive says of its sizes is not to be trusted, so bytes are counted.
            if len(data) > MOST_FILE or total > MOST_TOTAL:
                raise refuse(
                    f"{within} comes to more bytes than are read: {MOST_FILE:,} a file and "
                    f"{MOST_TOTAL:,} in all"
                )
            try:
                text = data.decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise refuse(f"{within} is no text in UTF-8") from error
            yield parse(text, within)


def _opened(source: Source, path: Path) -> ZipFile:
    try:
        return ZipFile(BytesIO(source.data(path)))
    except (BadZipFile, ValueError, OSError) as error:
        raise refuse(f"{source.place(path)} is no zip archive: {error}") from error


def _data(archive: ZipFile, entry: ZipInfo, within: str) -> bytes:
    try:
        with archive.open(entry) as stream:
            return stream.read(MOST_FILE + 1)
    except NotImplementedError as error:
        raise refuse(
            f"{within} is compressed in a way that this Python cannot read; turn the log into "
            "JSON by `inspect log convert LOG --to json --output-dir FOLDER`"
        ) from error
    except (BadZipFile, zlib.error, RuntimeError, OSError, EOFError) as error:
        reason = clean(str(error), 200)
        raise refuse(f"{within} cannot be read: {reason}") from error
