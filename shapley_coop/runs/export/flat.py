"""Runs as Parquet or CSV: one file for each table, or one table alone."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from shapley_coop.runs.store import RunFolder
from shapley_coop.runs.store.files import draft, storage_error
from shapley_coop.runs.tables.database import write_parquet
from shapley_coop.runs.tables.extract import table_lines
from shapley_coop.runs.tables.lines import TableLine
from shapley_coop.runs.tables.schema import TABLES, table, table_columns


def parquet(runs: Sequence[RunFolder], out: Path, only: str | None) -> list[Path]:
    """Write tables as Parquet, and return the files.

    Args:
        runs: what is written.
        out: a folder, or a file that ends in `.parquet` for one table.
        only: that table. None means `seats`.
    """
    targets = _targets(out, "parquet", only)
    with ExitStack() as stack:
        drafts = _drafts(targets, stack)
        # DuckDB has errors of its own for places where nothing can be written.
        for path in drafts.values():
            path.touch()
        write_parquet(_lines(runs), drafts)
    return list(targets.values())


def comma_separated(
    runs: Sequence[RunFolder], out: Path, only: str | None
) -> list[Path]:
    """Write tables as CSV with a line of names, and return the files.

    Args:
        runs: what is written.
        out: a folder, or a file that ends in `.csv` for one table.
        only: that table. None means `seats`.
    """
    targets = _targets(out, "csv", only)
    with ExitStack() as stack:
        writers: dict[str, Any] = {}
        for name, path in _drafts(targets, stack).items():
            file = stack.enter_context(path.open("w", newline="", encoding="utf-8"))
            names = [column.name for column in table_columns(TABLES[name])]
            writers[name] = csv.DictWriter(file, names)
            writers[name].writeheader()
        for name, line in _lines(runs):
            if name in writers:
                writers[name].writerow(line.model_dump())
    return list(targets.values())


def _drafts(targets: Mapping[str, Path], stack: ExitStack) -> dict[str, Path]:
    """Return where each table is written until all of them are whole."""
    return {name: stack.enter_context(draft(path)) for name, path in targets.items()}


def _lines(runs: Sequence[RunFolder]) -> Iterator[tuple[str, TableLine]]:
    for run in runs:
        yield from table_lines(run)


def _targets(out: Path, ending: str, only: str | None) -> dict[str, Path]:
    """Return the file of each table that is to be written."""
    if only is not None:
        table(only)
    if out.suffix == f".{ending}":
        return {only or "seats": out}
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(out, "create", error) from error
    names = TABLES if only is None else (only,)
    return {name: out / f"{name}.{ending}" for name in names}
