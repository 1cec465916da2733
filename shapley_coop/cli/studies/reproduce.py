"""The command `reproduce`: a part of the paper played again, beside what it printed."""

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
@click.argument("part", metavar="escape-room|raid|chatdev")
@click.option("--agent", help="Who sits at every seat: an agent or a model.")
@click.option("--model", help="The model of every seat. Without it, rules play.")
@design_options("configuration")
@study_options
def reproduce(
    part: str,
    *,
    agent: str | None,
    model: str | None,
    episodes: int | None,
    seed: int,
    overrides: tuple[str, ...],
    **options: Any,
) -> None:
    """Play the paper's configurations again, and show its tables beside what comes of them.

    Rules play unless an agent or a model is named. The same command continues what was cut.
    """
    from shapley_coop.errors import ConfigError, unknown
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.studies.cells import vary
    from shapley_coop.studies.paper.configurations import seating
    from shapley_coop.studies.paper.parts import PARTS

    load_env()
    choices = StudyChoices.take(options)
    if part not in PARTS:
        raise ConfigError(unknown("part of the paper", part, PARTS))
    plan = PARTS[part]
    players = seating(plan.rule, agent, model)
    cells = plan.cells(players, episodes or plan.episodes, seed)
    cells = [vary(cell, overrides) for cell in cells]
    name = f"reproduce-{part}"
    # A setting may fit some games of the part alone, which costs the cells of the others.
    result = play_or_foresee(name, name, cells, choices, least_right=1)
    if result is not None:
        paper = plan.reproduce(result)
        tables = paper.all_tables()
        show_outcome(result, paper.as_json(), tables, as_json=choices.as_json)
