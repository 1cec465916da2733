"""How commands play a study in view of whoever sits at the terminal, and show what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import Venue, raise_limits
from shapley_coop.cli.view.json import print_json

if TYPE_CHECKING:
    from shapley_coop.cli.studies.options import StudyChoices
    from shapley_coop.config.sections import Limits
    from shapley_coop.studies.cells import StudyCell
    from shapley_coop.studies.outcomes import CellOutcome
    from shapley_coop.studies.results import StudyResult
    from shapley_coop.studies.tables import StudyTable


def play_or_foresee(
    name: str,
    folder_name: str,
    cells: Sequence[StudyCell],
    choices: StudyChoices,
    limits: Limits | None = None,
    *,
    least_right: int | None = None,
) -> StudyResult | None:
    """Play the cells of a study as its options say, or print what they are expected to cost.

    Args:
        name: what the study is called.
        folder_name: what its folder is called.
        cells: what is played.
        choices: how. Of a dry run the cells and their cost are printed, and None is returned.
        limits: what the study itself says that all cells may spend.
        least_right: how many cells at least have to name what exists. None means all of them.

    Raises:
        InputError: a name in too many cells means nothing.
        ShapleyCoopError: the folder cannot be used, or another process plays the study.
    """
    from shapley_coop.cli.view.origins import tell_origins
    from shapley_coop.config.sections import Limits
    from shapley_coop.studies.cells import refuse_keys_in, require_names

    budget = raise_limits(limits or Limits(), choices.limits)
    # A key among the names is told as such, and not as a name that nobody knows.
    refuse_keys_in(cells, choices.runs_dir / folder_name)
    require_names(cells, least_right=least_right)
    tell_origins(cell.config for cell in cells)
    if choices.dry_run:
        quiet = choices.quiet or choices.as_json
        show_plan(cells, choices.as_json, quiet=quiet)
        return None
    return play_study(
        name,
        cells,
        choices.runs_dir / folder_name,
        budget,
        quiet=choices.quiet or choices.as_json,
        venue=choices.venue,
    )


def play_study(
    name: str,
    cells: Sequence[StudyCell],
    folder: Path,
    budget: Limits,
    *,
    quiet: bool,
    venue: Venue,
) -> StudyResult:
    """Play the cells of a study in view of whoever sits at the terminal, and keep the result.

    Raises:
        ShapleyCoopError: the folder cannot be used, or another process plays the study.
    """
    from shapley_coop.cli.view.progress import fetch_weights
    from shapley_coop.cli.view.study_bar import watch_study
    from shapley_coop.simulation.executors.choice import shared_executor
    from shapley_coop.studies.playing import play_cells
    from shapley_coop.studies.results import StudyResult

    # Before the bar, since weights that arrive have a bar of their own.
    for cell in cells:
        fetch_weights(cell.config)

    async def play() -> tuple[CellOutcome, ...]:
        async with shared_executor(
            venue.executor,
            workers=venue.workers,
            address=venue.address,
            episodes=sum(cell.config.run.episodes for cell in cells),
        ) as (executor, side_by_side):
            return await play_cells(
                cells,
                folder,
                limits=budget,
                listen=listen,
                announce=_announce,
                executor=executor,
                side_by_side=side_by_side,
            )

    with watch_study(quiet=quiet) as listen:
        result = StudyResult(name, folder, asyncio.run(play()))
    result.write()
    return result


def show_outcome(
    result: StudyResult,
    figures: Mapping[str, Any],
    tables: Sequence[StudyTable],
    *,
    as_json: bool,
) -> None:
    """Print what a study was played for, and end with the code that says whether all was played.

    Args:
        result: what came of its cells.
        figures: what `--json` prints.
        tables: what is printed for whoever reads.
        as_json: which of them is wanted.
    """
    if as_json:
        print_json(figures, default=str)
    else:
        from rich.console import Console

        from shapley_coop.studies.tables import show_tables

        show_tables(tables, Console())
    if result.exit_code:
        raise SystemExit(result.exit_code)


def _announce(sentence: str) -> None:
    from shapley_coop.records.words import clean

    click.echo(clean(sentence, 1000), err=True)


def show_plan(cells: Sequence[StudyCell], as_json: bool, *, quiet: bool) -> None:
    """Print the cells of a study and what they are expected to ask and cost."""
    from shapley_coop.cli.view.study_bar import watch_study
    from shapley_coop.studies.forecast import foresee

    with watch_study(quiet=quiet) as listen:
        plan = asyncio.run(foresee(cells, listen))
    if as_json:
        print_json(plan.as_json(), default=str)
    else:
        click.echo(plan.text())
