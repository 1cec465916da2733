"""The command `import`: what the recorded runs of another system state, checked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.view.json import print_json
from shapley_coop.cli.view.lines import print_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from shapley_coop.teams.imports.port import FigureTable, ImportedLog

FORMATS = (
    "coopeval",
    "teambench",
    "atif",
    "otel",
    "inspect",
    "chatdev",
    "autogen",
)
MOST_ROWS = 40
"""Rows of a table that a terminal shows. JSON holds all."""
MOST_LEFT_OUT = 10
MOST_NAME = 60
"""Characters of a name where there is room for them."""
LEAST_NAME = 12
"""Characters of a name that stay however narrow the terminal is."""


@click.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "name",
    type=click.Choice(FORMATS),
    help="What recorded the runs. Without it, the first format that PATH looks like.",
)
@as_json
def import_runs(path: Path, name: str | None, as_json: bool) -> None:
    """Read runs that others recorded, in the file or folder PATH, and check what they state.

    Contracts become typed clauses, their settlements are computed again, and scores of
    coalitions become credit. What cannot be known from a log is said, and never made up.
    """
    from shapley_coop.teams.imports.registry import import_log

    log = import_log(path, name)
    if as_json:
        print_json(log.as_json())
        return
    _show(log)


def _show(log: ImportedLog) -> None:
    from rich.console import Console

    console = Console()
    _say([f"{log.path}, read as {log.format}"])
    for part in log.parts:
        for table in part.tables():
            _show_table(console, table)
        _say(part.sentences())
    by_reason: dict[str, list[str]] = {}
    for kind, reason in log.impossible.items():
        by_reason.setdefault(reason, []).append(kind)
    lines = []
    for reason, kinds in by_reason.items():
        lines.append(f"no credit by {', '.join(kinds)}: {reason}")
    lines += [f"left out: {line}" for line in log.left_out[:MOST_LEFT_OUT]]
    more = len(log.left_out) - MOST_LEFT_OUT
    if more > 0:
        lines.append(f"left out: {more:,} more, which --json lists")
    _say(lines)


def _show_table(console: Console, table: FigureTable) -> None:
    grid = _grid(table, MOST_NAME)
    # Measured within the terminal, a table would always seem to fit.
    unbounded = console.options.update(width=MOST_NAME * len(table.headings))
    excess = console.measure(grid, options=unbounded).maximum - console.width
    if excess > 0:
        longest = max((len(row[0]) for row in table.rows), default=0)
        grid = _grid(table, max(LEAST_NAME, min(longest, MOST_NAME) - excess))
    console.print(grid)
    more = len(table.rows) - MOST_ROWS
    if more > 0:
        _say([f"{more:,} more rows, which --json lists"])


def _grid(table: FigureTable, most: int) -> Table:
    """Return a table in which names have at most so many characters."""
    from rich.table import Table
    from rich.text import Text

    from shapley_coop.llm.secrets import redact
    from shapley_coop.records.words import short_names

    grid = Table(title=Text(table.title), title_justify="left")
    for place, heading in enumerate(table.headings):
        grid.add_column(heading, justify="right" if place else "left")
    rows = table.rows[:MOST_ROWS]
    # Names are a stranger's, may hold anything, and are often told apart by their ends alone.
    names = short_names((redact(row[0]) for row in rows), most)
    for name, *figures in rows:
        cells = [names[redact(name)], *(_harmless(cell, 60) for cell in figures)]
        grid.add_row(*map(Text, cells))
    return grid


def _say(lines: Sequence[str]) -> None:
    print_lines(_harmless(line, 600) for line in lines)


def _harmless(text: str, limit: int) -> str:
    from shapley_coop.llm.secrets import redact
    from shapley_coop.records.words import clean

    return clean(redact(text), limit)
