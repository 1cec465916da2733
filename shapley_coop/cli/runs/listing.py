"""The command `runs`: what was played here, and how it ended."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import as_json, runs_dir
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import InputError, RunFolderError

if TYPE_CHECKING:
    from shapley_coop.runs.store import RunFolder
    from shapley_coop.runs.tables.database import QueryResult


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
        click.echo(f"no run in {place!r}; {_where_else(runs_dir)}")
    else:
        _show(rows)


def _where_else(runs_dir: Path) -> str:
    """Return where runs are if a folder has none, or else how to play one."""
    from shapley_coop.llm.secrets import redact
    from shapley_coop.records.words import count_text
    from shapley_coop.runs.store import run_paths

    # Studies keep their runs in folders of their own.
    inner = sorted(runs_dir.iterdir()) if runs_dir.is_dir() else []
    counts = {path: len(run_paths(path)) for path in inner if path.is_dir()}
    full = [(path, count) for path, count in counts.items() if count]
    if not full:
        return "play one: shapley-coop play GAME"
    path, count = full[-1]
    rest = count_text(len(full) - 1, "more folder")
    more = f", and in {rest}" if len(full) > 1 else ""
    place = redact(str(path))
    return f"{count:,} in {place!r}{more}: shapley-coop runs --runs-dir {place}"


def _ask(runs_dir: Path, sql: str, as_json: bool) -> None:
    """Print what a question in SQL comes to."""
    from shapley_coop.records.words import clean
    from shapley_coop.runs.tables.index import ask_runs

    result = ask_runs(runs_dir, sql)
    for run, fault in result.left_out.items():
        click.echo(f"left out {clean(run, 80)}: {clean(fault, 500)}", err=True)
    if as_json:
        print_json(_objects(result))
        return
    lines: list[Sequence[str]] = [result.columns]
    for row in result.rows:
        cells = ["" if cell is None else clean(str(cell), 500) for cell in row]
        lines.append(cells)
    _show_columns(lines)


def _objects(result: QueryResult) -> list[dict[str, Any]]:
    """Return the rows of an answer as objects of JSON.

    Raises:
        InputError: two columns have one name, which an object has once.
    """
    twice = [name for name, count in Counter(result.columns).items() if count > 1]
    if twice:
        raise InputError(
            f"two columns are named {twice[0]!r}, and an object has one of a name; name each, "
            f"such as {twice[0]} AS other",
            field="sql",
        )
    rows = []
    for row in result.rows:
        # Dates and intervals have no word in JSON, nor has what is no number or beyond all.
        cells = [_plain(cell) for cell in row]
        rows.append(dict(zip(result.columns, cells, strict=True)))
    return rows


def _plain(cell: Any) -> Any:
    if isinstance(cell, float) and not math.isfinite(cell):
        return None
    return cell if isinstance(cell, str | int | float | None) else str(cell)


def _row(folder: RunFolder) -> dict[str, Any]:
    """Return what a list says of a run."""
    config, manifest = folder.config, folder.manifest
    totals = manifest.totals
    recorded = folder.episode_count
    if recorded > config.run.episodes:
        raise RunFolderError(
            f"episodes.jsonl holds {recorded:,} lines, more than the {config.run.episodes:,} "
            "episodes of the run"
        )
    return {
        "run": folder.path.name,
        "path": str(folder.path),
        "status": manifest.status,
        "game": config.game_id,
        "protocol": config.protocol.name,
        "agent": config.agent,
        "seats": dict(config.seats),
        "model": config.model.name,
        "recorded": recorded,
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
