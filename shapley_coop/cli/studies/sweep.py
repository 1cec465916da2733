"""The command `sweep`: many runs as one, from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.studies.options import StudyChoices, study_options
from shapley_coop.cli.studies.playing import play_or_foresee, show_outcome


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@study_options
def sweep(file: Path, **options: Any) -> None:
    """Play every cell of the sweep in FILE, and show what came of each.

    The same command continues a sweep that was cut. A cell that fails does not stop the others,
    and limits hold over all cells together.
    """
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.studies.results import result_tables
    from shapley_coop.studies.sweep_file import read_sweep

    load_env()
    choices = StudyChoices.take(options)
    plan = read_sweep(file)
    result = play_or_foresee(
        plan.name,
        f"sweep-{plan.name}",
        plan.cells,
        choices,
        plan.limits,
        # A wrong name in a list costs its own cells, and one that all share costs everything.
        least_right=1,
    )
    if result is not None:
        tables = result_tables(result)
        show_outcome(result, result.as_json(), tables, as_json=choices.as_json)
