"""Tables in DuckDB: filled from runs, written as Parquet, asked in SQL that sees nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from shapley_coop.errors import ConfigError, InputError
from shapley_coop.runs.tables.lines import TableLine
from shapley_coop.runs.tables.schema import TABLES, table_columns

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Whoever asks sees the tables and nothing of this machine, and cannot undo that.
_LOCKS = (
    "SET enable_external_access = false",
    "SET allow_community_extensions = false",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET lock_configuration = true",
)


_EXAMPLE = "SELECT * FROM runs"


class QueryResult(NamedTuple):
    """What a question in SQL came to."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    left_out: Mapping[str, str] = MappingProxyType({})
    """Why runs are in no table, by the names of their folders."""


def require_duckdb() -> None:
    """Raise ConfigError if DuckDB is not installed."""
    if find_spec("duckdb") is None:
        raise ConfigError(
            "DuckDB is not installed; pip install 'shapley-coop[analysis]'",
            field="sql",
        )


def create_tables(connection: DuckDBPyConnection) -> None:
    """Create every table, empty."""
    for name, kind in TABLES.items():
        columns = [f"{column.name} {column.sql_type}" for column in table_columns(kind)]
        connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")


def fill(
    connection: DuckDBPyConnection, lines: Iterable[tuple[str, TableLine]]
) -> None:
    """Add lines to the tables of their names."""
    with TemporaryDirectory() as folder:
        files = {}
        try:
            for name, line in lines:
                if name not in files:
                    path = Path(folder) / name
                    files[name] = path.open("w", encoding="utf-8")
                files[name].write(json_line(line))
        finally:
            for file in files.values():
                file.close()
        # DuckDB reads a file much faster than it takes rows from Python.
        for name, file in files.items():
            connection.execute(
                f"INSERT INTO {name} SELECT * FROM {_reading(name)}",  # noqa: S608 - a table of ours
                [file.name],
            )


def write_parquet(
    lines: Iterable[tuple[str, TableLine]], targets: dict[str, Path]
) -> None:
    """Write tables as Parquet files.

    Args:
        lines: the lines of all tables.
        targets: the file of each table that is wanted.
    """
    require_duckdb()
    import duckdb

    with duckdb.connect(":memory:") as connection:
        create_tables(connection)
        fill(connection, lines)
        for name, path in targets.items():
            connection.execute(f"COPY {name} TO ? (FORMAT parquet)", [str(path)])


def ask(connection: DuckDBPyConnection, sql: str) -> QueryResult:
    """Return what a question in SQL comes to. The connection is of no other use afterwards.

    Raises:
        InputError: DuckDB refused it.
    """
    import duckdb

    for lock in _LOCKS:
        connection.execute(lock)
    try:
        # DuckDB answers nothing at all where there is no statement, and only the last of several.
        statements = len(connection.extract_statements(sql))
        if statements != 1:
            wrong = "empty" if not statements else f"{statements} questions"
            raise InputError(
                f"the SQL is {wrong}; ask one question, such as {_EXAMPLE}",
                field="sql",
            )
        return _answer(connection, sql)
    except duckdb.Error as error:
        raise InputError(f"the SQL was refused: {error}", field="sql") from error


def _answer(connection: DuckDBPyConnection, sql: str) -> QueryResult:
    """Return the answer to one statement, and give it up if whoever waits is interrupted."""

    def fetch() -> QueryResult:
        answer = connection.execute(sql)
        description = answer.description or []
        rows = answer.fetchall() if description else []
        return QueryResult(tuple(column[0] for column in description), rows)

    # DuckDB hears no signal while it works, so it works aside.
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(fetch)
        try:
            # A wait without end may not be woken by a signal that another thread was sent.
            while answer not in wait([answer], timeout=0.2).done:
                pass
            return answer.result()
        except BaseException:
            connection.interrupt()
            raise


def json_line(line: TableLine) -> str:
    """Return a line as JSON."""
    return json.dumps(line.model_dump(), allow_nan=False) + "\n"


def _reading(name: str) -> str:
    """Return the SQL that reads lines of a table from a file that is to be named."""
    columns = table_columns(TABLES[name])
    types = ", ".join(f"{column.name}: '{column.sql_type}'" for column in columns)
    return f"read_json(?, format = 'newline_delimited', columns = {{{types}}})"
