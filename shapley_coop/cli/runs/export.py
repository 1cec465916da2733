"""The command `export`: runs in the formats of other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import InputError

if TYPE_CHECKING:
    from shapley_coop.runs.export.formats import ExportFormat

STUDY = "study.json"
# Said here once more for the help, since the formats themselves are loaded when they are written.
FORMATS = ("parquet", "csv", "atif", "otel", "verifiers", "trl", "inspect")


@click.command()
@click.argument("run", nargs=-1, required=True)
@click.option(
    "--to", "form", type=click.Choice(FORMATS), required=True, help="The format."
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    help="The file, or a folder for all tables of parquet and csv.",
)
@click.option(
    "--table",
    "only",
    help="The one table of parquet or csv  [default of a file: seats].",
)
@as_json
def export(
    run: tuple[str, ...], form: ExportFormat, out: Path, only: str | None, as_json: bool
) -> None:
    """Write RUN… in the format of another tool: tables, traces or chats."""
    from shapley_coop.runs import RUNS_DIR
    from shapley_coop.runs.export.formats import export_runs
    from shapley_coop.runs.store import RunFolder, locate

    folders: dict[Path, RunFolder] = {}
    for name in run:
        path = locate(name, Path(RUNS_DIR))
        # A star after the folder of a study names its result too, which is no run.
        if path.name != STUDY:
            opened = RunFolder.open(path)
            # A run that is named in two ways would count twice in what others make of it.
            folders.setdefault(path.resolve(), opened)
    if not folders:
        raise InputError(f"{run[0]!r} is what came of a study; name the runs beside it")
    files = export_runs(list(folders.values()), form, out, only)
    if as_json:
        print_json({"files": [str(file) for file in files]})
        return
    for file in files:
        click.echo(str(file))
