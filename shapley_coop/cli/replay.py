"""The command `replay`: a run played again from its recorded calls, and where it differs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json, run_argument
from shapley_coop.cli.view.json import print_json

if TYPE_CHECKING:
    from shapley_coop.runs.store import Difference


@click.command()
@run_argument
@click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    help="Where the replay goes; by default a folder `replays` beside RUN.",
)
@as_json
def replay(run: Path, runs_dir: Path | None, as_json: bool) -> None:
    """Play RUN again from its recorded calls, without a model, and compare every event."""
    from shapley_coop.runs.store import RunFolder
    from shapley_coop.simulation.run import replay as play_again

    source = RunFolder.open(run)
    again, difference = asyncio.run(
        play_again(source, runs_dir or run.parent / "replays")
    )
    events = sum(1 for _ in again.events())
    # Where no model was asked, no prompt was worded at all.
    other_words = source.manifest.templates != again.manifest.templates
    reworded = other_words and again.manifest.totals["calls"] > 0
    if as_json:
        result = {
            "run": str(again.path),
            "source": str(run),
            "identical": difference is None,
            "events": events,
            "reworded": reworded,
            "difference": _as_json(difference),
        }
        print_json(result)
    elif difference is None:
        click.echo(f"{events} events, identical apart from time\n{again.path}")
    else:
        left = _text(difference.left)
        right = _text(difference.right)
        click.echo(f"event {difference.number} differs:\n- {left}\n+ {right}")
    if reworded and not as_json:
        click.echo(
            "prompts are worded otherwise now: answers were taken in their recorded order"
        )
    # A script that replays must see from the exit code that the runs differ.
    if difference is not None:
        raise SystemExit(1)


def _as_json(difference: Difference | None) -> dict[str, int | str] | None:
    """Return where two runs differ as JSON values."""
    if difference is None:
        return None
    return {
        "number": difference.number,
        "left": _text(difference.left),
        "right": _text(difference.right),
    }


def _text(line: bytes | None) -> str:
    if line is None:
        return "(no such event)"
    return line.decode("utf-8", "replace")
