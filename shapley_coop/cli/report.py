"""The command `report`, and the report that other commands end with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import as_json, limits, raise_limits, run_argument

if TYPE_CHECKING:
    from shapley_coop.runs.store import RunFolder


@click.command()
@run_argument
@click.option(
    "--episode",
    type=click.IntRange(min=0),
    help="Episode whose talk or credit to show.",
)
@click.option(
    "--credit", metavar="SPEC", help="Show which turn earned what: shapley*gigpo, ..."
)
@click.option(
    "--rollouts",
    type=click.IntRange(min=1),
    metavar="K",
    help="Plays from each turn that value it for --credit spo_chain or spo_tree; default 9.",
)
@click.option(
    "--continue-with",
    metavar="AGENT",
    help="Rule agent, or idle, that these plays go on with; default the run's own or its baseline.",
)
@click.option("--reward", help="What turns are paid: game, or world-model beside it.")
@click.option("--process", help="Process rewards of min_form: credit, judge or rule.")
@click.option(
    "--judge", metavar="MODEL", help="Who judges steps, and claims in free text."
)
@limits
@as_json
def report(
    run: Path, episode: int | None, credit: str | None, as_json: bool, **given: Any
) -> None:
    """Read RUN and report it.

    Limits are those of the judge, whose answers stay in RUN.
    """
    from shapley_coop.cli.progress import CreditChoices, credit_over_time
    from shapley_coop.config.sections import Limits
    from shapley_coop.errors import ConfigError
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.runs.store import RunFolder

    folder = RunFolder.open(run)
    chosen = {name: value for name, value in given.items() if value is not None}
    if credit is None:
        if chosen:
            flag = next(iter(chosen)).replace("_", "-")
            raise ConfigError(f"--{flag} is about credit over time: add --credit")
        show_report(folder, as_json, episode)
        return
    load_env()
    most = {name: chosen.pop(name) for name in list(chosen) if name.startswith("max_")}
    if most and "judge" not in chosen:
        flag = next(iter(most)).replace("_", "-")
        raise ConfigError(f"--{flag} limits what a judge may spend: add --judge MODEL")
    choices = CreditChoices(
        rollouts=chosen.get("rollouts"),
        continue_with=chosen.get("continue_with"),
        reward=chosen.get("reward"),
        process=chosen.get("process"),
        judge=chosen.get("judge"),
        limits=raise_limits(Limits(), most),
    )
    found = credit_over_time(folder, credit, episode, choices, quiet=as_json)
    if as_json:
        click.echo(json.dumps(found))


def show_report(folder: RunFolder, as_json: bool, episode: int | None = None) -> None:
    """Print what a run came to, and the talk of one episode: text, or one JSON object."""
    from shapley_coop.runs.report.content import gather

    facts = gather(folder, episode)
    if as_json:
        click.echo(json.dumps(facts.figures.as_json()))
        return
    from rich.console import Console

    from shapley_coop.runs.report.terminal import show

    show(facts, Console())
