"""The commands that play: `play` begins or continues a run, `resume` continues one by name."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import (
    as_json,
    limits,
    overrides,
    raise_limits,
    run_argument,
    run_options,
    runs_dir,
)
from shapley_coop.cli.report import show_report
from shapley_coop.cli.settings import choose_run

if TYPE_CHECKING:
    from shapley_coop.config.sections import Config


@click.command()
@run_options
@click.option(
    "--dry-run", is_flag=True, help="Print the calls, tokens and cost to expect."
)
@limits
@overrides
@runs_dir
@as_json
def play(runs_dir: Path, as_json: bool, dry_run: bool, **options: Any) -> None:
    """Play GAME and report it.

    The same command continues a run that was cut.
    """
    from shapley_coop.cli.progress import fetch_weights, progress
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.simulation.run import run

    load_env()
    config = choose_run(options).config
    if dry_run:
        _show_estimate(config, as_json)
        return
    fetch_weights(config)
    with progress(config, quiet=as_json) as listen:
        folder = asyncio.run(run(config, runs_dir, listen=listen))
    show_report(folder, as_json)


@click.command()
@run_argument
@limits
@as_json
def resume(run: Path, as_json: bool, **options: float | None) -> None:
    """Continue RUN where it was cut. What was answered is not asked again.

    A limit given here takes the place of the run's own. What was spent before counts.
    """
    from shapley_coop.cli.progress import fetch_weights, progress
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.runs.store import RunFolder
    from shapley_coop.simulation.run import run as play_on

    load_env()
    folder = RunFolder.open(run)
    limits = raise_limits(folder.config.limits, options)
    config = folder.config.model_copy(update={"limits": limits})
    # A finished run is only reported, so that resuming twice does no harm.
    if folder.manifest.status != "done":
        fetch_weights(config)
        with progress(config, quiet=as_json) as listen:
            folder = asyncio.run(play_on(config, run.parent, resume=run, listen=listen))
    show_report(folder, as_json)


def _show_estimate(config: Config, as_json: bool) -> None:
    from shapley_coop.simulation.dry_run import estimate

    expectation = asyncio.run(estimate(config))
    if as_json:
        click.echo(json.dumps(expectation.figures()))
    else:
        click.echo(expectation.text())
