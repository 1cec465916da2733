"""Tables of seats and their figures at the terminal, laid out for the width that is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from shapley_coop.records.words import error_text, number
from shapley_coop.runs.columns import COLUMNS, Cell, Column
from shapley_coop.runs.report.bars import NAME_WIDTH, bar, greatest
from shapley_coop.runs.report.comparison import Comparison
from shapley_coop.runs.report.rows import SeatRow, final_title

# Two blanks stand between columns.
_GAP = 2


def payoffs_table(rows: Sequence[SeatRow], width: int) -> RenderableType:
    """Return what the game paid seats, what transfers brought them, and what they hold."""
    table = figures_table("seat", ("game pays", "transfers", final_title(rows), ""))
    table.columns[-1].justify = "left"
    largest = greatest([row.settled for row in rows])
    # The other columns of a table of ordinary figures take some sixty cells.
    size = min(60, width - 60)
    for row in rows:
        settled = number(row.settled) + error_text(row.error, sign=" ±")
        table.add_row(
            Text(row.name),
            Text(number(row.raw)),
            Text(number(row.transfers, sign=True)),
            Text(settled, "bold"),
            bar(row.settled, largest, size, "cyan"),
        )
    return Padding(table, (1, 0, 0, 1))


def credit_tables(rows: Sequence[SeatRow], width: int) -> RenderableType:
    """Return the credit columns as one table, or as several where they do not fit in one."""
    longest = max((cell_len(row.name) for row in rows), default=0)
    free = width - min(NAME_WIDTH, longest) - _GAP
    tables = []
    for columns, titles in _layout(rows, free):
        table = figures_table("seat", titles)
        for row in rows:
            cells = [_cell(column, row.cells[column.name]) for column in columns]
            table.add_row(Text(row.name), *cells)
        tables.append(Padding(table, (1, 0, 0, 1)))
    return Group(*tables)


Layout = list[tuple[list[Column], list[str]]]
"""The columns of each table, with what stands above them."""


def _layout(rows: Sequence[SeatRow], free: int) -> Layout:
    """Return which columns stand in which table, in the fewest that fit."""
    columns = list(COLUMNS)
    titles = [column.title for column in columns]
    if _width(rows, columns, titles) <= free:
        return [(columns, titles)]
    titles = [column.narrow_title for column in columns]
    if _width(rows, columns, titles) <= free:
        return [(columns, titles)]
    # What seats contribute and what they get are read apart, so there the table is cut.
    tables: Layout = []
    for subject in ("credit", "payoff"):
        group = [column for column in columns if column.subject == subject]
        tables += _cut(rows, group, free)
    return tables


def _cut(rows: Sequence[SeatRow], columns: Iterable[Column], free: int) -> Layout:
    """Return columns in their order, cut wherever the next one does not fit."""
    tables: Layout = [([], [])]
    room = free
    for column in columns:
        title = column.narrow_title
        needed = _width(rows, [column], [title])
        if needed > room and tables[-1][0]:
            tables.append(([], []))
            room = free
        tables[-1][0].append(column)
        tables[-1][1].append(title)
        room -= needed
    return tables


def _width(
    rows: Sequence[SeatRow], columns: Sequence[Column], titles: Sequence[str]
) -> int:
    """Return how many cells columns take beside the names."""
    total = 0
    for column, title in zip(columns, titles, strict=True):
        texts = title.splitlines()
        texts += [_cell(column, row.cells[column.name]).plain for row in rows]
        total += _GAP + max(cell_len(text) for text in texts)
    return total


def comparison_tables(comparison: Comparison, width: int) -> RenderableType:
    """Return runs side by side, as many in a table as fit beside what their figures are."""
    labels = max(cell_len(row.label) for row in comparison.rows)
    free = width - labels - _GAP
    tables: list[RenderableType] = []
    for runs in _cut_runs(comparison, free):
        table = figures_table("", [comparison.names[run] for run in runs])
        for row in comparison.rows:
            table.add_row(Text(row.label), *(Text(row.cells[run]) for run in runs))
        tables.append(Padding(table, (0 if not tables else 1, 0, 0, 1)))
    return Group(*tables)


def _cut_runs(comparison: Comparison, free: int) -> list[list[int]]:
    """Return the places of the runs of each table, in their order."""
    parts: list[list[int]] = [[]]
    room = free
    for place, name in enumerate(comparison.names):
        texts = [name, *(row.cells[place] for row in comparison.rows)]
        needed = _GAP + max(map(cell_len, texts))
        if needed > room and parts[-1]:
            parts.append([])
            room = free
        parts[-1].append(place)
        room -= needed
    return parts


def _cell(column: Column, cell: Cell) -> Text:
    # Without a blank, since columns are narrow here.
    text = column.text(cell, error_sign=" ±")
    # A "no" must be seen without reading the whole table.
    if column.format == "yes-no" and cell.value is not None:
        style = "green" if cell.value else "bold red"
    elif column.precision is not None:
        style = "bold"
    else:
        style = ""
    return Text(text, style)


def figures_table(first: str, titles: Sequence[str]) -> Table:
    """Return an empty table of names and their figures.

    Args:
        first: what stands above the names.
        titles: what stands above the figures.
    """
    table = Table(
        box=box.SIMPLE_HEAD,
        padding=(0, 0, 0, 1),
        header_style="dim",
        show_edge=False,
    )
    table.add_column(first, overflow="fold")
    # Figures are never broken over two lines, unlike names.
    for title in titles:
        table.add_column(title, justify="right", no_wrap=True, overflow="fold")
    return table
