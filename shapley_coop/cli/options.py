"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

if TYPE_CHECKING:
    from shapley_coop.config.sections import Limits

RUNS = Path("runs")

runs_dir = click.option(
    "--runs-dir",
    type=click.Path(path_type=Path),
    default=RUNS,
    show_default=True,
    help="Where run folders go.",
)
as_json = click.option(
    "--json", "as_json", is_flag=True, help="Print JSON on one line."
)
LIMITS = (
    click.option("--max-cost", type=float, help="US dollars that the run may spend."),
    click.option("--max-tokens", type=int, help="Tokens that the run may use."),
    click.option(
        "--max-calls", type=int, help="Requests that the run may send, repeats too."
    ),
)
run_argument = click.argument("run", type=click.Path(path_type=Path))


def limits(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of what a run may spend."""
    for option in LIMITS:
        command = option(command)
    return command


def raised(limits: Limits, given: dict[str, float | None]) -> Limits:
    """Return limits with those that are given in their place.

    Raises:
        ConfigError: one is not above 0.
    """
    from shapley_coop.config.sections import Limits
    from shapley_coop.errors import ConfigError

    named = {
        name.removeprefix("max_"): value
        for name, value in given.items()
        if value is not None
    }
    try:
        return Limits.model_validate(limits.model_dump() | named)
    except ValueError as error:
        raise ConfigError(f"limits {named}: each must be greater than 0") from error
