"""A table in memory: a pandas or polars frame, by what is installed, or a list of records."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal, get_args

from shapley_coop.errors import ConfigError, unknown
from shapley_coop.runs.tables.lines import TableLine
from shapley_coop.runs.tables.schema import table_columns

FrameKind = Literal["pandas", "polars", "records"]
"""A form in which Python holds a table."""
_PANDAS = {bool: "boolean", int: "Int64", float: "float64", str: "object"}
_POLARS = {bool: "Boolean", int: "Int64", float: "Float64", str: "String"}


def frame_of(
    kind: type[TableLine], lines: Sequence[TableLine], form: FrameKind | None = None
) -> Any:
    """Return lines of a table as a frame, of the same column types whether there are any or not.

    Args:
        kind: the kind of line.
        lines: the lines.
        form: None means pandas where it is installed, else polars, else the lines themselves.

    Raises:
        ConfigError: there is no such form, or it needs a package that is not installed.
    """
    if form is None:
        form = _installed()
    if form == "records":
        return list(lines)
    if form not in get_args(FrameKind):
        raise ConfigError(
            unknown("form of a table", form, get_args(FrameKind)), field="form"
        )
    if find_spec(form) is None:
        raise ConfigError(
            f"{form} is not installed; pip install {form}, or ask for records",
            field="form",
        )
    columns = table_columns(kind)
    rows = [line.model_dump() for line in lines]
    cells = {column.name: [row[column.name] for row in rows] for column in columns}
    module = import_module(form)
    if form == "polars":
        types = {
            column.name: getattr(module, _POLARS[column.type]) for column in columns
        }
        return module.DataFrame(cells, schema=types)
    series = {}
    for column in columns:
        dtype = _PANDAS[column.type]
        series[column.name] = module.Series(cells[column.name], dtype=dtype)
    return module.DataFrame(series)


def _installed() -> FrameKind:
    """Return the form that users of what is installed expect."""
    if find_spec("pandas") is not None:
        return "pandas"
    return "records" if find_spec("polars") is None else "polars"
