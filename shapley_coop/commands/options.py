"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import rich_click as click

RUNS = Path("runs")

runs_dir = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default=RUNS,
    show_default=True,
    help="Where run folders go.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON on one line.")
LIMITS = (
    click.option("--max-cost", type=float, help="US dollars that the run may spend."),
    click.option("--max-tokens", type=int, help="Tokens that the run may use."),
    click.option("--max-calls", type=int, help="Requests that the run may send, repeats too."),
)
run_argument = click.argument("run", type=click.Path(path_type=Path))


def limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of what a run may spend."""
    for option in LIMITS:
        command = option(command)
    return command
