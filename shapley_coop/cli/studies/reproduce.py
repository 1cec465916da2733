"""The command `reproduce`: a part of the paper played again, beside what it printed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.options import (
    Venue,
    as_json,
    limits,
    overrides,
    quiet,
    raise_limits,
    runs_dir,
    venues,
)
from shapley_coop.cli.studies.playing import play_study, show_plan
from shapley_coop.cli.view.json import print_json


@click.command()
@click.argument("part", metavar="escape-room|raid|chatdev")
@click.option("--agent", help="Who sits at every seat: an agent or a model.")
@click.option("--model", help="The model of every seat. Without it, rules play.")
@click.option(
    "--episodes",
    "-n",
    type=click.IntRange(min=1),
    help="Episodes of each configuration.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of all runs.",
)
@click.option(
    "--dry-run", is_flag=True, help="Print the runs, and the cost to expect of all."
)
@limits
@venues
@overrides
@runs_dir
@quiet
@as_json
def reproduce(  # noqa: PLR0913 - one option each
    part: str,
    *,
    agent: str | None,
    model: str | None,
    episodes: int | None,
    seed: int,
    dry_run: bool,
    overrides: tuple[str, ...],
    runs_dir: Path,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Play the paper's configurations again, and show its tables beside what comes of them.

    Rules play unless an agent or a model is named. The same command continues what was cut.
    """
    from shapley_coop.config.sections import Limits
    from shapley_coop.errors import ConfigError, unknown
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.studies.cells import vary
    from shapley_coop.studies.paper.configurations import seating
    from shapley_coop.studies.paper.parts import PARTS

    load_env()
    venue = Venue.take(options)
    if part not in PARTS:
        raise ConfigError(unknown("part of the paper", part, PARTS))
    plan = PARTS[part]
    players = seating(plan.rule, agent, model)
    cells = plan.cells(players, episodes or plan.episodes, seed)
    cells = [vary(cell, overrides) for cell in cells]
    if dry_run:
        show_plan(cells, as_json)
        return
    budget = raise_limits(Limits(), options)
    name = f"reproduce-{part}"
    folder = runs_dir / name
    result = play_study(
        name, cells, folder, budget, quiet=quiet or as_json, venue=venue
    )
    reproduction = plan.reproduce(result)
    if as_json:
        print_json(reproduction.as_json(), default=str)
    else:
        from rich.console import Console

        from shapley_coop.studies.tables import show_tables

        show_tables(reproduction.all_tables(), Console())
    if result.exit_code:
        raise SystemExit(result.exit_code)
