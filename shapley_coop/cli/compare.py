"""The command `compare`: runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json
from shapley_coop.cli.runs.naming import locate_runs
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from shapley_coop.runs.store import RunFolder


@click.command()
@click.argument("runs", nargs=-1, metavar="RUN RUN...", callback=locate_runs)
@as_json
def compare(runs: tuple[Path, ...], as_json: bool) -> None:
    """Set runs side by side: success, pot, what seats hold and were worth, rounds."""
    from shapley_coop.runs.store import RunFolder

    if len(runs) < 2:
        count = len(runs)
        raise ConfigError(f"a comparison needs two runs or more, got {count}")
    show_side_by_side([RunFolder.open(run) for run in runs], as_json)


def show_side_by_side(runs: Sequence[RunFolder], as_json: bool) -> None:
    """Print runs side by side: a table, or their figures as one JSON object."""
    from shapley_coop.runs.report.content import gather

    contents = [gather(run) for run in runs]
    if as_json:
        figures = [content.figures.as_json() for content in contents]
        print_json({"runs": figures})
        return
    # Only here, since rich is slow to load and whoever reads JSON does not need it.
    from rich.console import Console

    from shapley_coop.runs.report.comparison import compare_runs
    from shapley_coop.runs.report.terminal import show_comparison

    show_comparison(compare_runs(contents), Console())
