"""Tables in DuckDB: filled from runs, written as Parquet, asked in SQL that sees nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from tempfile import TemporaryDirectory
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


class QueryResult(NamedTuple):
    """What a question in SQL came to."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


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
        # DuckDB answers nothing at all where there is no statement.
        if not connection.extract_statements(sql):
            raise InputError(
                "the SQL is empty; ask a question, such as SELECT * FROM runs",
                field="sql",
            )
        answer = connection.execute(sql)
        description = answer.description or []
        rows = answer.fetchall() if description else []
    except duckdb.Error as error:
        raise InputError(f"the SQL was refused: {error}", field="sql") from error
    return QueryResult(tuple(column[0] for column in description), rows)


def json_line(line: TableLine) -> str:
    """Return a line as JSON, in which no number is infinite."""
    fields = line.model_dump()
    for name, value in fields.items():
        if isinstance(value, float) and not isfinite(value):
            fields[name] = None
    return json.dumps(fields) + "\n"


def _reading(name: str) -> str:
    """Return the SQL that reads lines of a table from a file that is to be named."""
    columns = table_columns(TABLES[name])
    types = ", ".join(f"{column.name}: '{column.sql_type}'" for column in columns)
    return f"read_json(?, format = 'newline_delimited', columns = {{{types}}})"
