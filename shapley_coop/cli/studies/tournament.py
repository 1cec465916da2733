"""The command `tournament`: all against all over agents or models."""

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
@click.argument("game")
@click.argument("entrants", nargs=-1, metavar="AGENT AGENT...")
@click.option("--protocol", help="solo, neg, talk, short-term or shapley-coop.")
@click.option(
    "--episodes",
    "-n",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="Episodes of each ordered pair.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of all runs.",
)
@click.option(
    "--dry-run", is_flag=True, help="Print the pairs, and the cost to expect of all."
)
@limits
@venues
@overrides
@runs_dir
@quiet
@as_json
def tournament(  # noqa: PLR0913 - one option each
    game: str,
    entrants: tuple[str, ...],
    *,
    protocol: str | None,
    episodes: int,
    seed: int,
    dry_run: bool,
    overrides: tuple[str, ...],
    runs_dir: Path,
    quiet: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Let every agent or model meet every other and itself at GAME, and rate them.

    The same command continues a tournament that was cut, and plays nobody twice who met before.
    """
    from shapley_coop.config.resolve import resolve
    from shapley_coop.config.sections import Limits
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.simulation.worker import make_game
    from shapley_coop.studies.tournament.pairings import pairing_cells
    from shapley_coop.studies.tournament.standings import standings

    load_env()
    venue = Venue.take(options)
    tables = {"game": game, "run": {"episodes": episodes, "seed": seed}}
    if protocol is not None:
        tables["protocol"] = protocol
    base = resolve(tables, overrides)
    cells = pairing_cells(base, entrants, make_game(base).seats)
    if dry_run:
        show_plan(cells, as_json)
        return
    # A game of a package of its own has signs in its name that no folder should have.
    name = "tournament-" + base.game_id.replace(":", "-").replace("/", "-")
    budget = raise_limits(Limits(), options)
    result = play_study(
        name, cells, runs_dir / name, budget, quiet=quiet or as_json, venue=venue
    )
    table = standings(result, entrants)
    if as_json:
        print_json(table.as_json(), default=str)
    else:
        from rich.console import Console

        from shapley_coop.studies.tables import show_tables

        show_tables(table.tables(), Console())
    if result.exit_code:
        raise SystemExit(result.exit_code)
