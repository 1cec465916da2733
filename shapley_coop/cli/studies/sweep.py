"""The command `sweep`: many runs as one, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.options import (
    Venue,
    as_json,
    limits,
    quiet,
    raise_limits,
    runs_dir,
    venues,
)
from shapley_coop.cli.studies.playing import play_study, show_plan, show_study


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--dry-run", is_flag=True, help="Print the cells, and the cost to expect of all."
)
@limits
@venues
@runs_dir
@quiet
@as_json
def sweep(
    file: Path,
    dry_run: bool,
    runs_dir: Path,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Play every cell of the sweep in FILE, and show what came of each.

    The same command continues a sweep that was cut. A cell that fails does not stop the others,
    and limits hold over all cells together.
    """
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.studies.sweep_file import read_sweep

    load_env()
    venue = Venue.take(options)
    plan = read_sweep(file)
    if dry_run:
        show_plan(plan.cells, as_json)
        return
    budget = raise_limits(plan.limits, options)
    folder = runs_dir / f"sweep-{plan.name}"
    result = play_study(
        plan.name, plan.cells, folder, budget, quiet=quiet or as_json, venue=venue
    )
    show_study(result, as_json)
