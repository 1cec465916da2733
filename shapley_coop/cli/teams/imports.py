"""The command `import`: what the recorded runs of another system state, checked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.view.json import print_json

if TYPE_CHECKING:
    from rich.console import Console

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
    _say(console, f"{log.path}, read as {log.format}")
    for part in log.parts:
        for table in part.tables():
            _show_table(console, table)
        for sentence in part.sentences():
            _say(console, sentence)
    by_reason: dict[str, list[str]] = {}
    for kind, reason in log.impossible.items():
        by_reason.setdefault(reason, []).append(kind)
    for reason, kinds in by_reason.items():
        _say(console, f"no credit by {', '.join(kinds)}: {reason}")
    for line in log.left_out[:MOST_LEFT_OUT]:
        _say(console, f"left out: {line}")
    more = len(log.left_out) - MOST_LEFT_OUT
    if more > 0:
        _say(console, f"left out: {more:,} more, which --json lists")


def _show_table(console: Console, table: FigureTable) -> None:
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=Text(table.title), title_justify="left")
    for place, heading in enumerate(table.headings):
        grid.add_column(heading, justify="right" if place else "left")
    for row in table.rows[:MOST_ROWS]:
        # Names are a stranger's, and may hold anything.
        grid.add_row(*(Text(_harmless(cell, 60)) for cell in row))
    console.print(grid)
    more = len(table.rows) - MOST_ROWS
    if more > 0:
        _say(console, f"{more:,} more rows, which --json lists")


def _say(console: Console, line: str) -> None:
    from rich.text import Text

    console.print(Text(_harmless(line, 600)), soft_wrap=True)


def _harmless(text: str, limit: int) -> str:
    from shapley_coop.llm.secrets import redact
    from shapley_coop.records.words import clean

    return clean(redact(text), limit)
