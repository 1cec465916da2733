"""The versioned schema of the tables: their names, their columns and what these mean."""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, get_args, get_origin

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.runs.tables.lines import (
    CoalitionLine,
    ContractLine,
    EpisodeLine,
    RunLine,
    SeatEntry,
    SpendLine,
    StepLine,
    TableLine,
    TransferLine,
)

TABLES_VERSION = 2
"""Version of the tables. It grows when a column goes or changes its meaning, not when one comes."""
TABLES: Mapping[str, type[TableLine]] = {
    "runs": RunLine,
    "episodes": EpisodeLine,
    "seats": SeatEntry,
    "steps": StepLine,
    "transfers": TransferLine,
    "contracts": ContractLine,
    "spend": SpendLine,
    "coalitions": CoalitionLine,
}
"""The tables by name."""
_SQL_TYPES = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", str: "VARCHAR"}


class TableColumn(NamedTuple):
    """A column of a table."""

    name: str
    type: type
    """What its cells hold: bool, int, float or str."""
    optional: bool
    """Whether a cell can be empty."""
    meaning: str

    @property
    def sql_type(self) -> str:
        """Its type in SQL."""
        return _SQL_TYPES[self.type]


def table(name: str) -> type[TableLine]:
    """Return the kind of line of a table.

    Raises:
        ConfigError: there is no such table.
    """
    if name not in TABLES:
        raise ConfigError(unknown("table", name, TABLES), field="table")
    return TABLES[name]


def table_columns(kind: type[TableLine]) -> tuple[TableColumn, ...]:
    """Return the columns of a table from the fields of its lines."""
    columns = []
    for name, field in kind.model_fields.items():
        hint: Any = field.annotation
        optional = False
        if get_origin(hint) is UnionType:
            optional = True
            (hint,) = set(get_args(hint)) - {NoneType}
        # One of several words is a text.
        if get_origin(hint) is Literal:
            hint = str
        columns.append(TableColumn(name, hint, optional, field.description or ""))
    return tuple(columns)


def schema_page() -> str:
    """Return the schema of all tables as Markdown."""
    lines = [f"The version of these tables is {TABLES_VERSION}."]
    for name, kind in TABLES.items():
        title = (kind.__doc__ or "").rstrip(".")
        lines += ["", f"### `{name}`: {title.lower()}", ""]
        lines += ["| column | type | meaning |", "|---|---|---|"]
        for column in table_columns(kind):
            empty = " or empty" if column.optional else ""
            lines.append(
                f"| `{column.name}` | {column.sql_type}{empty} | {column.meaning} |"
            )
    return "\n".join(lines) + "\n"
