"""The command `runs`: what was played here, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import as_json, runs_dir
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import RunFolderError

if TYPE_CHECKING:
    from shapley_coop.runs.store import RunFolder


@click.command()
@runs_dir
@click.option(
    "--sql",
    metavar="QUERY",
    help="Ask the tables of all these runs, see docs/schema.md.",
)
@as_json
def runs(runs_dir: Path, sql: str | None, as_json: bool) -> None:
    """List the runs in a folder, the newest last. `report` without RUN opens the newest."""
    if sql is not None:
        _ask(runs_dir, sql, as_json)
        return
    from shapley_coop.runs.store import RunFolder, run_paths

    rows: list[dict[str, Any]] = []
    for path in run_paths(runs_dir):
        # One folder that cannot be read must not hide the others.
        try:
            row = _row(RunFolder.open(path))
        except RunFolderError as error:
            row = {"run": path.name, "path": str(path), "error": str(error)}
        rows.append(row)
    if as_json:
        print_json(rows)
    elif not rows:
        from shapley_coop.llm.secrets import redact

        place = redact(str(runs_dir))
        click.echo(f"no run in {place!r}; play one: shapley-coop play GAME")
    else:
        _show(rows)


def _ask(runs_dir: Path, sql: str, as_json: bool) -> None:
    """Print what a question in SQL comes to."""
    from shapley_coop.records.words import clean
    from shapley_coop.runs.tables.index import ask_runs

    result = ask_runs(runs_dir, sql)
    if as_json:
        rows = [dict(zip(result.columns, row, strict=True)) for row in result.rows]
        # Dates and intervals have no word in JSON.
        print_json([{name: _plain(cell) for name, cell in row.items()} for row in rows])
        return
    lines: list[Sequence[str]] = [result.columns]
    for row in result.rows:
        cells = ["" if cell is None else clean(str(cell), 500) for cell in row]
        lines.append(cells)
    _show_columns(lines)


def _plain(cell: Any) -> Any:
    return cell if isinstance(cell, str | int | float | None) else str(cell)


def _row(folder: RunFolder) -> dict[str, Any]:
    """Return what a list says of a run."""
    config, manifest = folder.config, folder.manifest
    totals = manifest.totals
    return {
        "run": folder.path.name,
        "path": str(folder.path),
        "status": manifest.status,
        "game": config.game_id,
        "protocol": config.protocol.name,
        "agent": config.agent,
        "seats": dict(config.seats),
        "model": config.model.name,
        "recorded": folder.episode_count,
        "episodes": config.run.episodes,
        "successes": totals.get("successes"),
        "cost": totals.get("cost"),
        "started": manifest.started,
        "error": manifest.error,
    }


def _show(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print the runs as lines of text in columns, which are easy to search."""
    _show_columns([_cells(row) for row in rows])


def _show_columns(lines: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        padded = [f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)]
        click.echo("  ".join(padded).rstrip())


def _cells(row: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    from shapley_coop.records.words import clean

    name = clean(row["run"], 80)
    if "game" not in row:
        return name, "unreadable", "", "", clean(row["error"], 200)
    players = [row["agent"], *row["seats"].values()]
    # Each once, in the order in which they were named.
    agents = ", ".join(clean(agent, 40) for agent in dict.fromkeys(players))
    played = f"{row['recorded']} of {row['episodes']}"
    return name, row["status"], played, clean(row["protocol"], 40), agents
