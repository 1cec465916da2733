"""The commands that play: `play` begins or continues a run, `resume` continues one by name."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import rich_click as click

from shapley_coop.cli.options import (
    HERE,
    Venue,
    as_json,
    limits,
    overrides,
    quiet,
    raise_limits,
    run_argument,
    run_options,
    runs_dir,
    venues,
)
from shapley_coop.cli.report import show_report
from shapley_coop.cli.settings import choose_run
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import GameError, LimitReached

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from shapley_coop.config.sections import Config
    from shapley_coop.runs.store import RunFolder


@click.command()
@run_options
@click.option(
    "--dry-run", is_flag=True, help="Print the calls, tokens and cost to expect."
)
@limits
@venues
@overrides
@runs_dir
@quiet
@as_json
def play(
    runs_dir: Path,
    quiet: bool,
    as_json: bool,
    dry_run: bool,
    **options: Any,
) -> None:
    """Play GAME and report it. A single episode is told while it is played.

    The same command continues a run that was cut.
    """
    from shapley_coop.cli.view.origins import tell_origins
    from shapley_coop.cli.view.progress import fetch_weights
    from shapley_coop.llm.secrets import load_env

    load_env()
    venue = Venue.take(options)
    config = choose_run(options).config
    tell_origins([config])
    if dry_run:
        _show_estimate(config, as_json, quiet=quiet or as_json)
        return
    fetch_weights(config)
    folder, told = play_in_view(config, runs_dir, quiet=quiet or as_json, venue=venue)
    show_report(folder, as_json, transcript=not told)
    exit_by(folder)


@click.command()
@run_argument
@click.option(
    "--anyway",
    is_flag=True,
    help="Continue also with other templates, code or another version. The run says so.",
)
@limits
@venues
@quiet
@as_json
def resume(
    run: Path,
    anyway: bool,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Continue RUN where it was cut. What was answered is not asked again.

    A limit given here takes the place of the run's own. What was spent before counts.
    """
    from shapley_coop.cli.view.origins import tell_origins
    from shapley_coop.cli.view.progress import fetch_weights
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.runs.store import RunFolder

    load_env()
    venue = Venue.take(options)
    folder = RunFolder.open(run)
    limits = raise_limits(folder.config.limits, options)
    config = folder.config.model_copy(update={"limits": limits})
    told = False
    # A finished run is only reported, so that resuming twice does no harm.
    if not folder.is_complete:
        tell_origins([config])
        fetch_weights(config)
        folder, told = play_in_view(
            config,
            run.parent,
            resume=run,
            anyway=anyway,
            quiet=quiet or as_json,
            venue=venue,
        )
    _resume_inside(folder, anyway=anyway, venue=venue)
    show_report(folder, as_json, transcript=not told)
    exit_by(folder)


def _resume_inside(folder: RunFolder, *, anyway: bool, venue: Venue) -> None:
    """Continue the run of a programmer alone beside that of a team, if it was cut."""
    from shapley_coop.cli.swe.team import solo_run

    alone = solo_run(folder)
    if alone is None or alone.is_complete:
        return
    play_in_view(
        alone.config,
        alone.path.parent,
        resume=alone.path,
        anyway=anyway,
        quiet=True,
        venue=venue,
    )


def exit_by(folder: RunFolder) -> None:
    """End with the code of what kept every episode from its end, if something did."""
    codes = {"failed": GameError.exit_code, "limit": LimitReached.exit_code}
    code = codes.get(folder.manifest.status, 0)
    if code:
        raise SystemExit(code)


class PlayedRun(NamedTuple):
    """A run that was played in view of whoever sits at the terminal."""

    folder: RunFolder
    told: bool
    """Whether its transcript was printed."""


def play_in_view(
    config: Config,
    runs_dir: Path,
    *,
    quiet: bool,
    resume: Path | None = None,
    anyway: bool = False,
    venue: Venue = HERE,
) -> PlayedRun:
    """Play a run and show it meanwhile, unless quiet. That one is continued is always said.

    Where it is played, and how, does not change what is recorded of it.

    Raises:
        ShapleyCoopError: the run cannot be played, or was cut.
    """
    from shapley_coop.cli.view.progress import watch
    from shapley_coop.simulation.executors.choice import choose_executor
    from shapley_coop.simulation.run import run

    executor = choose_executor(
        venue.executor, workers=venue.workers, address=venue.address
    )
    with watch(config, quiet=quiet) as view:
        work = run(
            config,
            runs_dir,
            resume=resume,
            anyway=anyway,
            listen=view.listen,
            announce=_announce,
            executor=executor,
        )
        folder = asyncio.run(_until_stopped(work))
    return PlayedRun(folder, view.told)


def _announce(sentence: str) -> None:
    from shapley_coop.records.words import clean

    click.echo(clean(sentence, 1000), err=True)


async def _until_stopped(work: Coroutine[Any, Any, RunFolder]) -> RunFolder:
    """Wait for a run, and tell whoever interrupts it at once that it is about to end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        # The run itself may have been cancelled from within. Then nothing is left to stop.
        if task.done():
            raise
        click.echo("stopping …", err=True)
        task.cancel()
        return await task


def _show_estimate(config: Config, as_json: bool, *, quiet: bool) -> None:
    from shapley_coop.cli.view.progress import watch_forecast
    from shapley_coop.simulation.dry_run import estimate

    with watch_forecast(config, quiet=quiet) as listen:
        expectation = asyncio.run(estimate(config, listen))
    if as_json:
        print_json(expectation.figures())
    else:
        click.echo(expectation.text())
