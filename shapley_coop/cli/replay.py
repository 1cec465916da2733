"""The command `replay`: a run played again from its recorded calls, and where it differs."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.options import as_json, run_argument


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
    if as_json:
        found = {
            "run": str(again.path),
            "source": str(run),
            "identical": difference is None,
        }
        click.echo(
            json.dumps({**found, "events": events, "difference": _plain(difference)})
        )
    elif difference is None:
        click.echo(f"{events} events, identical apart from time\n{again.path}")
    else:
        left, right = (_text(side) for side in (difference.left, difference.right))
        click.echo(f"event {difference.number} differs:\n- {left}\n+ {right}")
    if difference is not None:
        raise SystemExit(1)


def _plain(value: Any) -> Any:
    """Return where two runs differ as JSON values."""
    if value is None:
        return None
    return {
        "number": value.number,
        "left": _text(value.left),
        "right": _text(value.right),
    }


def _text(line: bytes | None) -> str:
    return "(no such event)" if line is None else line.decode("utf-8", "replace")
