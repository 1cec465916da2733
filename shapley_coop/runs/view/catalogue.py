"""The runs in a folder as rows, read again only where they changed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.records.words import clean


class RunRow(NamedTuple):
    """What a list says of one run."""

    run: str
    """The name of its folder."""
    game: str
    protocol: str
    status: str
    """How it ended, `started` while it goes on, or `unreadable`."""
    started: str
    """When it was started, in UTC."""
    seconds: float
    successes: int | None
    episodes: int | None
    """Episodes that were recorded when it ended. None while it goes on."""


class Catalogue:
    """Lists the runs in a folder.

    Args:
        folder: where run folders are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, tuple[tuple[int, int], RunRow]] = {}

    def names(self) -> list[str]:
        """Return the names of all runs, the newest first."""
        try:
            with os.scandir(self.folder) as entries:
                names = [entry.name for entry in entries if entry.name[:1] != "."]
        except OSError:
            return []
        return sorted(names, reverse=True)

    def rows(
        self, words: str = "", *, first: int = 0, most: int | None = None
    ) -> list[RunRow]:
        """Return runs whose row holds all words, the newest first.

        Args:
            words: words with spaces between them. Upper and lower case count alike.
            first: how many matching runs are left out.
            most: how many are returned. None means all.
        """
        wanted = words.lower().split()
        rows: list[RunRow] = []
        skipped = 0
        for name in self.names():
            row = self._row(name)
            if row is None or not _matches(row, wanted):
                continue
            if skipped < first:
                skipped += 1
                continue
            rows.append(row)
            if most is not None and len(rows) >= most:
                break
        return rows

    def path(self, run: str) -> Path | None:
        """Return the folder of a run by its exact name, or None if there is no such run."""
        # A name is one part of a path, so nothing leads out of the folder.
        if run in {"", ".", ".."} or "/" in run or "\\" in run or "\0" in run:
            return None
        path = self.folder / run
        return path if run[0] != "." and (path / "run.json").is_file() else None

    def _row(self, name: str) -> RunRow | None:
        file = self.folder / name / "run.json"
        try:
            state = file.stat()
            stamp = (state.st_mtime_ns, state.st_size)
            known = self._known.get(name)
            if known is not None and known[0] == stamp:
                return known[1]
            row = _read_row(name, file.read_bytes())
        except OSError:
            # What holds no manifest is no run, or is being made.
            return None
        self._known[name] = (stamp, row)
        return row


def _read_row(name: str, content: bytes) -> RunRow:
    try:
        data = json.loads(content)
        totals = data.get("totals") or {}
        return RunRow(
            run=clean(name, 120),
            game=clean(str(data["game"]), 60),
            protocol=clean(str(data["protocol"]), 40),
            status=clean(str(data["status"]), 20),
            started=clean(str(data["started"]), 40),
            seconds=float(data.get("seconds") or 0.0),
            successes=_count(totals.get("successes")),
            episodes=_count(totals.get("episodes")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return RunRow(clean(name, 120), "", "", "unreadable", "", 0.0, None, None)


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _matches(row: RunRow, wanted: Sequence[str]) -> bool:
    held = f"{row.run} {row.game} {row.protocol} {row.status}".lower()
    return all(word in held for word in wanted)
