"""The index of a folder of runs: all their tables in one file, which may be deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from shapley_coop.errors import InputError, RunFolderError
from shapley_coop.runs.store import RunFolder, run_paths
from shapley_coop.runs.store.places import damaged_paths
from shapley_coop.runs.tables.database import (
    QueryResult,
    ask,
    create_tables,
    fill,
    require_duckdb,
)
from shapley_coop.runs.tables.extract import table_lines
from shapley_coop.runs.tables.lines import TableLine
from shapley_coop.runs.tables.schema import TABLES, schema_page

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

INDEX = ".index.duckdb"
"""The file in a folder of runs. Delete it and it is made again."""
_NO_RECORD = "run.json is missing, so nothing says what was played"
# What a run's lines follow from. Who changes one of these changes its size or its time.
_SOURCES = ("run.json", "config.toml", "episodes.jsonl")


def ask_runs(runs_dir: Path, sql: str) -> QueryResult:
    """Return what a question in SQL comes to over all runs in a folder.

    A run that cannot be read is in no table, and the answer says so.

    Raises:
        ConfigError: DuckDB is not installed.
        RunFolderError: there is no such folder.
        InputError: DuckDB refused the question.
    """
    require_duckdb()
    if not runs_dir.is_dir():
        raise RunFolderError(
            f"there is no folder {str(runs_dir)!r}; name one that holds runs, or play one",
            field="runs_dir",
        )
    with closing(_open(runs_dir)) as connection:
        left_out = {path.name: _NO_RECORD for path in damaged_paths(runs_dir)}
        left_out |= _faults(connection)
        return ask(connection, sql)._replace(left_out=left_out)


def _faults(connection: DuckDBPyConnection) -> dict[str, str]:
    """Return why runs are in no table, by their names."""
    faulty = "SELECT run, fault FROM meta.runs WHERE fault <> '' ORDER BY run"
    return dict(connection.execute(faulty).fetchall())


def _open(runs_dir: Path) -> DuckDBPyConnection:
    """Return a connection to the tables of the runs as they are now."""
    import duckdb

    marks = {path: _mark(path) for path in run_paths(runs_dir)}
    path = runs_dir / INDEX
    # Another process may be at it, the disk may be read-only, or another DuckDB may have made it.
    # Then the tables are made in memory, which takes longer and comes to the same.
    with suppress(duckdb.Error, OSError):
        if not _is_fresh(path, marks):
            _renew(path, marks)
        return duckdb.connect(str(path), read_only=True)
    connection = duckdb.connect(":memory:")
    _update(connection, marks)
    return connection


def _mark(path: Path) -> str:
    """Return what changes when a run does."""
    marks = []
    for name in _SOURCES:
        with suppress(OSError):
            state = (path / name).stat()
            marks.append((name, state.st_size, state.st_mtime_ns))
    return json.dumps(marks)


def _is_fresh(path: Path, marks: Mapping[Path, str]) -> bool:
    import duckdb

    if not path.exists():
        return False
    with duckdb.connect(str(path), read_only=True) as connection:
        return _known(connection) == {run.name: mark for run, mark in marks.items()}


def _known(connection: DuckDBPyConnection) -> dict[str, str]:
    """Return the marks of the runs that a database holds, none if it is of another schema."""
    import duckdb

    with suppress(duckdb.Error):
        schema = connection.execute("SELECT text FROM meta.schema").fetchall()
        if schema == [(schema_page(),)]:
            rows = connection.execute("SELECT run, mark, fault FROM meta.runs")
            return {run: mark for run, mark, _ in rows.fetchall()}
    return {}


def _renew(path: Path, marks: Mapping[Path, str]) -> None:
    import duckdb

    try:
        with duckdb.connect(str(path)) as connection:
            _update(connection, marks)
    except duckdb.IOException:
        # A file of another version, or none of DuckDB's, cannot be mended. One in use is left.
        if _is_in_use(path):
            raise
        path.unlink()
        with duckdb.connect(str(path)) as connection:
            _update(connection, marks)


def _is_in_use(path: Path) -> bool:
    import duckdb

    try:
        duckdb.connect(str(path), read_only=True).close()
    except duckdb.IOException as error:
        return "lock" in str(error)
    return True


def _update(connection: DuckDBPyConnection, marks: Mapping[Path, str]) -> None:
    """Bring the tables of a database up to date with the runs, all or nothing."""
    known = _known(connection)
    wanted = {run.name: mark for run, mark in marks.items()}
    stale = [name for name, mark in known.items() if wanted.get(name) != mark]
    fresh = [run for run, mark in marks.items() if known.get(run.name) != mark]
    connection.execute("BEGIN")
    if not known:
        connection.execute("DROP SCHEMA IF EXISTS meta CASCADE")
        for table in TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute("CREATE SCHEMA meta")
        connection.execute("CREATE TABLE meta.schema (text VARCHAR)")
        connection.execute("INSERT INTO meta.schema VALUES (?)", [schema_page()])
        connection.execute(
            "CREATE TABLE meta.runs (run VARCHAR, mark VARCHAR, fault VARCHAR)"
        )
        create_tables(connection)
    for table in (*TABLES, "meta.runs"):
        for name in stale:
            connection.execute(f"DELETE FROM {table} WHERE run = ?", [name])  # noqa: S608 - a table of ours
    faults: dict[str, str] = {}
    fill(connection, _lines(fresh, faults))
    for run in fresh:
        connection.execute(
            "INSERT INTO meta.runs VALUES (?, ?, ?)",
            [run.name, marks[run], faults.get(run.name, "")],
        )
    connection.execute("COMMIT")


def _lines(runs: list[Path], faults: dict[str, str]) -> Iterator[tuple[str, TableLine]]:
    """Yield the lines of runs, and note why others have none."""
    for run in runs:
        # One folder that cannot be read must not hide the others, and none is half there.
        try:
            lines = list(table_lines(RunFolder.open(run)))
        except (RunFolderError, InputError) as error:
            faults[run.name] = str(error)
            continue
        yield from lines
