"""The command `demo`: one game by rules and by a model, side by side, for a first look."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.compare import show_side_by_side
from shapley_coop.cli.options import as_json, quiet, runs_dir
from shapley_coop.cli.play import exit_by, play_in_view

if TYPE_CHECKING:
    from shapley_coop.runs.store import RunFolder

# What needs no model comes first, so that there is something to read while weights arrive.
_PLAYERS = ("rational", "llm")


@click.command()
@click.argument("game")
@click.option(
    "--model", default="smollm2-coop", help="The model that plays.", show_default=True
)
@runs_dir
@quiet
@as_json
def demo(game: str, model: str, runs_dir: Path, quiet: bool, as_json: bool) -> None:
    """Play GAME by rules, then by a model, and set both side by side."""
    from shapley_coop.cli.view.origins import tell_origins
    from shapley_coop.cli.view.progress import fetch_weights
    from shapley_coop.config.resolve import resolve
    from shapley_coop.llm.secrets import load_env

    load_env()
    runs: list[RunFolder] = []
    for agent in _PLAYERS:
        config = resolve({"game": game, "agent": agent, "model": {"name": model}})
        tell_origins([config])
        fetch_weights(config)
        if runs and not (quiet or as_json):
            # The second transcript begins where the first one ended.
            click.echo()
        played = play_in_view(config, runs_dir, quiet=quiet or as_json)
        runs.append(played.folder)
    show_side_by_side(runs, as_json)
    if not as_json:
        _show_next(runs[-1])
    for run in runs:
        exit_by(run)


def _show_next(run: RunFolder) -> None:
    """Print three commands that work from where the user is."""
    from rich.console import Console

    from shapley_coop.runs.report.terminal import show_next

    command = program()
    game = shlex.quote(run.config.game_id)
    seats = [seat for episode in run.episodes() for seat in episode.seats]
    person = shlex.quote(f"{seats[-1]}=human")
    show_next(
        (
            (
                "The model's whole report: claims, credit, contracts, stability",
                f"{command} report {shlex.quote(str(run.path))}",
            ),
            ("What every word of it means", f"{command} report --explain"),
            (
                "Bargain with a rule yourself",
                f"{command} play {game} --agent rational --seat {person}",
            ),
        ),
        Console(),
    )


def program() -> str:
    """Return how this program is called from the shell that called it."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return "python -m shapley_coop"
    on_path = shutil.which(called.name)
    if on_path is not None and Path(on_path).resolve() == called.resolve():
        return called.name
    return str(called)
