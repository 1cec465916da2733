"""The command `tournament`: all against all over agents or models."""

from __future__ import annotations

from typing import Any

import rich_click as click

from shapley_coop.cli.studies.options import (
    StudyChoices,
    design_options,
    study_options,
)
from shapley_coop.cli.studies.playing import play_or_foresee, show_outcome


@click.command()
@click.argument("game")
@click.argument("entrants", nargs=-1, metavar="AGENT AGENT...")
@click.option("--protocol", help="solo, neg, talk, short-term or shapley-coop.")
@design_options("ordered pair", episodes=20)
@study_options
def tournament(
    game: str,
    entrants: tuple[str, ...],
    *,
    protocol: str | None,
    episodes: int,
    seed: int,
    overrides: tuple[str, ...],
    **options: Any,
) -> None:
    """Let every agent or model meet every other and itself at GAME, and rate them.

    The same command continues a tournament that was cut, and plays nobody twice who met before.
    """
    from shapley_coop.config.resolve import resolve
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.simulation.worker import make_game
    from shapley_coop.studies.tournament.pairings import pairing_cells
    from shapley_coop.studies.tournament.standings import standings

    load_env()
    choices = StudyChoices.take(options)
    tables = {"game": game, "run": {"episodes": episodes, "seed": seed}}
    if protocol is not None:
        tables["protocol"] = protocol
    base = resolve(tables, overrides)
    cells = pairing_cells(base, entrants, make_game(base).seats)
    # A game of a package of its own has signs in its name that no folder should have.
    name = "tournament-" + base.game_id.replace(":", "-").replace("/", "-")
    result = play_or_foresee(name, name, cells, choices)
    if result is not None:
        table = standings(result, entrants)
        show_outcome(result, table.as_json(), table.tables(), as_json=choices.as_json)
