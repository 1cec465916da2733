"""The command `compare`: runs side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    """Set runs side by side, and tell what differs in their settings and in their outcome.

    Each run is held against the first: pair by pair where they share seeds.
    """
    from shapley_coop.runs.statistics.comparing import (
        compare_episodes,
        figures_beside_estimates,
    )
    from shapley_coop.runs.store import RunFolder

    if len(runs) < 2:
        count = len(runs)
        raise ConfigError(f"a comparison needs two runs or more, got {count}")
    folders = [RunFolder.open(run) for run in runs]
    configs = [folder.config for folder in folders]
    episodes = [tuple(folder.episodes()) for folder in folders]
    differences = compare_episodes(configs, episodes)
    if as_json:
        figures = _figures(folders)["runs"]
        figures = [figures_beside_estimates(of_run) for of_run in figures]
        print_json({"runs": figures} | differences.as_json())
        return
    from rich.console import Console

    from shapley_coop.runs.report.comparison import compare_runs
    from shapley_coop.runs.report.content import gather
    from shapley_coop.runs.report.terminal import show_comparison
    from shapley_coop.studies.tables import comparison_tables, show_tables

    # What is measured stands below, with its differences.
    comparison = compare_runs([gather(run) for run in folders], with_measures=False)
    show_comparison(comparison, Console())
    show_tables(comparison_tables(differences, comparison.names), Console())


def _figures(runs: Sequence[RunFolder]) -> dict[str, Any]:
    from shapley_coop.runs.report.content import gather

    return {"runs": [gather(run).figures.as_json() for run in runs]}


def show_side_by_side(runs: Sequence[RunFolder], as_json: bool) -> None:
    """Print runs side by side: a table, or their figures as one JSON object."""
    from shapley_coop.runs.report.content import gather

    if as_json:
        print_json(_figures(runs))
        return
    contents = [gather(run) for run in runs]
    # Only here, since rich is slow to load and whoever reads JSON does not need it.
    from rich.console import Console

    from shapley_coop.runs.report.comparison import compare_runs
    from shapley_coop.runs.report.terminal import show_comparison

    show_comparison(compare_runs(contents), Console())
