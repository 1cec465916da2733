"""The commands that list games, agents and models, and fetch a model's weights."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json, runs_dir
from shapley_coop.cli.view.json import print_json

if TYPE_CHECKING:
    from shapley_coop.interfaces.plugins import Group, PluginEntry


@click.command()
@as_json
def games(as_json: bool) -> None:
    """List the games and their parameters."""
    _list("games", as_json)


@click.command()
@as_json
def agents(as_json: bool) -> None:
    """List the agents."""
    _list("agents", as_json)


@click.group(invoke_without_command=True)
@runs_dir
@as_json
@click.pass_context
def models(context: click.Context, runs_dir: Path, as_json: bool) -> None:
    """List the models and the policies trained here, pull a model, or show a policy's card."""
    if context.invoked_subcommand is None:
        _list("models", as_json, _trained_policies(runs_dir))


@models.command()
@click.argument("name", metavar="POLICY")
@as_json
def card(name: str, as_json: bool) -> None:
    """Print what POLICY (smollm2-coop, or policy:FOLDER) learned from, how, and how it plays."""
    from shapley_coop.llm.backends.policy import card_of, folder_of

    shown = card_of(folder_of(name) or Path(name))
    if as_json:
        print_json(shown)
    else:
        from rich.console import Console

        from shapley_coop.studies.policy_card import card_tables
        from shapley_coop.studies.tables import show_tables

        show_tables(card_tables(name, shown), Console())


@models.command()
@click.argument("name", default="smollm2")
@as_json
def pull(name: str, as_json: bool) -> None:
    """Fetch the weights of an embedded model and check them."""
    from shapley_coop.cli.view.progress import pull_weights

    path = pull_weights(name)
    if as_json:
        print_json({"model": name, "path": str(path)})
    else:
        click.echo(path)


def _trained_policies(runs_dir: Path) -> list[PluginEntry]:
    """Return the policies whose cards lie in a folder of runs, oldest first."""
    from shapley_coop.errors import InputError
    from shapley_coop.interfaces.plugins import PluginEntry
    from shapley_coop.llm.backends.policy import CARD_FILE, card_of, summary_of

    entries = []
    for path in sorted(runs_dir.glob(f"*/{CARD_FILE}")):
        # One damaged card must not hide the others.
        try:
            about = summary_of(card_of(path.parent))
        except InputError as error:
            about = str(error)
        entries.append(PluginEntry(f"policy:{path.parent}", about, {}))
    return entries


def _list(group: Group, as_json: bool, more: Sequence[PluginEntry] = ()) -> None:
    from shapley_coop.interfaces.plugins import describe

    entries = [*describe(group), *more]
    if as_json:
        rows = [
            {"id": entry.name, "about": entry.about, "parameters": entry.parameters}
            for entry in entries
        ]
        # A game's default may be any object of its author's.
        print_json(rows, default=str)
        return
    widest = max(len(entry.name) for entry in entries)
    for entry in entries:
        _print_beside(f"{entry.name:<{widest}}  ", entry.about)
        # A game's parameters stand below it, as they are written on the command line.
        if entry.parameters:
            parameters = entry.parameter_text()
            _print_beside(" " * (widest + 2), f"--set game.…: {parameters}")


def _print_beside(margin: str, text: str) -> None:
    """Print a text beside a margin, wrapped where standard output is a terminal."""
    # A pipe gets whole lines, which are easier to search.
    if sys.stdout.isatty():
        width = shutil.get_terminal_size().columns
        text = click.wrap_text(text, width, margin, " " * len(margin))
        click.echo(text)
    else:
        click.echo(margin + text)
