"""Answers shared by runs: one SQLite file of JSON, safe under several processes."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shapley_coop.errors import RunFolderError, StorageError
from shapley_coop.interfaces.model import ModelRequest, Reply, key
from shapley_coop.llm.secrets import redact
from shapley_coop.llm.weights import cache_dir

_TABLE = """
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, model TEXT NOT NULL, endpoint TEXT NOT NULL, reply TEXT NOT NULL,
    made REAL NOT NULL, used REAL NOT NULL
) WITHOUT ROWID
"""
_SUMMARY = """
SELECT model, endpoint, COUNT(*), SUM(LENGTH(reply)), MIN(made), MAX(used)
FROM answers GROUP BY model, endpoint ORDER BY model, endpoint
"""
_SUMMARY_FIELDS = ("model", "endpoint", "answers", "bytes", "oldest", "last_used")
_WAIT_SECONDS = 30.0
"""How long one process waits for another that is writing."""
_DAY = 86400.0
"""Seconds of a day."""


def default_path() -> Path:
    """Return where runs share answers that are not told another place."""
    return cache_dir() / "answers.sqlite"


class Cache:
    """Answers by request. Several processes may read and add at once.

    Raises:
        RunFolderError: the file is no cache.
        StorageError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        with self._own_errors():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(
                self._path, timeout=_WAIT_SECONDS, isolation_level=None
            )
            # With a write-ahead log readers do not wait for a writer. NORMAL can lose the last
            # answers at a power cut, which are only asked again then.
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(_TABLE)

    def find(self, request: ModelRequest) -> Reply | None:
        """Return the answer that a run was given to this request, marked and free, or None."""
        name = key(request)
        with self._own_errors():
            row = self._base.execute(
                "SELECT reply FROM answers WHERE key = ?", (name,)
            ).fetchone()
            if row is None:
                return None
            # Pruning goes by when an answer was last of use.
            self._base.execute(
                "UPDATE answers SET used = ? WHERE key = ?", (time.time(), name)
            )
        fields = json.loads(row[0])
        changes = {"source": "cache", "cost": 0.0, "at_most": 0.0, "attempts": 0}
        return Reply.model_validate({**fields, **changes})

    def add(self, request: ModelRequest, reply: Reply) -> None:
        """Keep an answer. The first one to a request stays."""
        text = redact(json.dumps(reply.model_dump()))
        now = time.time()
        row = (key(request), request.model, request.endpoint, text, now, now)
        with self._own_errors():
            self._base.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row
            )

    def rows(self) -> list[dict[str, Any]]:
        """Return what is kept, by model and endpoint."""
        with self._own_errors():
            rows = self._base.execute(_SUMMARY).fetchall()
        return [dict(zip(_SUMMARY_FIELDS, row, strict=True)) for row in rows]

    def clear(self) -> int:
        """Forget everything, and return how many answers there were."""
        return self._delete("DELETE FROM answers", ())

    def prune(self, days: float) -> int:
        """Forget answers that no run has used for some days, and return how many."""
        oldest = time.time() - days * _DAY
        return self._delete("DELETE FROM answers WHERE used < ?", (oldest,))

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def _delete(self, statement: str, values: tuple[float, ...]) -> int:
        with self._own_errors():
            count = self._base.execute(statement, values).rowcount
            # Without this the file keeps its size.
            self._base.execute("VACUUM")
        return count

    @contextmanager
    def _own_errors(self) -> Iterator[None]:
        """Say in the project's own errors what SQLite or the disk refused."""
        place = repr(str(self._path))
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageError(f"cache {place}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise RunFolderError(f"{place} is no cache: {error}") from error
        except OSError as error:
            raise StorageError(f"cache {place}: {error.strerror}") from error
