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
_WAIT_SECONDS = 30.0


def default_path() -> Path:
    """Return where runs with `--cache` share answers."""
    return cache_dir() / "answers.sqlite"


class Cache:
    """Answers by request; several processes may read and add at once.

    Raises:
        RunFolderError: the file is no cache.
        StorageError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.expanduser()
        with self._told():
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(
                self._path, timeout=_WAIT_SECONDS, isolation_level=None
            )
            self._base.execute("PRAGMA journal_mode=WAL")
            self._base.execute("PRAGMA synchronous=NORMAL")
            self._base.execute(_TABLE)

    def find(self, request: ModelRequest) -> Reply | None:
        """Return the answer that a run was given to this request, marked and free, or None."""
        name = key(request)
        with self._told():
            row = self._base.execute(
                "SELECT reply FROM answers WHERE key = ?", (name,)
            ).fetchone()
            if row is None:
                return None
            self._base.execute(
                "UPDATE answers SET used = ? WHERE key = ?", (time.time(), name)
            )
        said = json.loads(row[0])
        return Reply.model_validate(
            {**said, "source": "cache", "cost": 0.0, "attempts": 0}
        )

    def add(self, request: ModelRequest, reply: Reply) -> None:
        """Keep an answer; the first one to a request stays."""
        text = redact(json.dumps(reply.model_dump()))
        now = time.time()
        row = (key(request), request.model, request.endpoint, text, now, now)
        with self._told():
            self._base.execute(
                "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)", row
            )

    def rows(self) -> list[dict[str, Any]]:
        """Return what is kept, by model and endpoint."""
        query = (
            "SELECT model, endpoint, COUNT(*), SUM(LENGTH(reply)), MIN(made), MAX(used) "
            "FROM answers GROUP BY model, endpoint ORDER BY model, endpoint"
        )
        names = ("model", "endpoint", "answers", "bytes", "oldest", "last_used")
        with self._told():
            return [
                dict(zip(names, row, strict=True)) for row in self._base.execute(query)
            ]

    def clear(self) -> int:
        """Forget everything; return how many answers there were."""
        return self._delete("DELETE FROM answers", ())

    def prune(self, days: float) -> int:
        """Forget answers that no run has used for some days; return how many."""
        return self._delete(
            "DELETE FROM answers WHERE used < ?", (time.time() - days * 86400,)
        )

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def _delete(self, statement: str, values: tuple[float, ...]) -> int:
        with self._told():
            gone = self._base.execute(statement, values).rowcount
            self._base.execute("VACUUM")
        return gone

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StorageError(f"cache {str(self._path)!r}: {error}") from error
        except sqlite3.DatabaseError as error:
            raise RunFolderError(f"{str(self._path)!r} is no cache: {error}") from error
        except OSError as error:
            raise StorageError(
                f"cache {str(self._path)!r}: {error.strerror}"
            ) from error
