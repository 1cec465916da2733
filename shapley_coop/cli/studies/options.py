"""The options that every command of many runs has, listed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import rich_click as click

from shapley_coop.cli.options import (
    Command,
    Venue,
    as_json,
    limits,
    overrides,
    quiet,
    runs_dir,
    venues,
)


class StudyChoices(NamedTuple):
    """How a study is played and shown, whatever it is."""

    dry_run: bool
    runs_dir: Path
    quiet: bool
    as_json: bool
    venue: Venue
    """Where episodes are played."""
    limits: Mapping[str, float | None]
    """What all cells may spend together, by option. None leaves a limit alone."""

    @classmethod
    def take(cls, options: dict[str, Any]) -> StudyChoices:
        """Return what options say, and take those options away."""
        names = ("max_calls", "max_tokens", "max_cost")
        return cls(
            dry_run=options.pop("dry_run"),
            runs_dir=options.pop("runs_dir"),
            quiet=options.pop("quiet"),
            as_json=options.pop("as_json"),
            venue=Venue.take(options),
            limits={name: options.pop(name) for name in names},
        )


def study_options(command: Command) -> Command:
    """Give a command the options of `StudyChoices`."""
    dry_run = click.option(
        "--dry-run",
        is_flag=True,
        help="Print what would be played, and the cost to expect of all.",
    )
    # Decorators are applied from the last to the first, so that help shows this order.
    for option in (as_json, quiet, runs_dir, venues, limits, dry_run):
        command = option(command)
    return command


def design_options(
    each: str, *, episodes: int | None = None, seed: int | None = 0
) -> Callable[[Command], Command]:
    """Return what gives a command without a file the options of what is played.

    Args:
        each: what has so many episodes, such as `ordered pair`.
        episodes: how many if nobody says. None means that it depends.
        seed: of all runs, if nobody says. None means one that no training draws.
    """
    count = click.option(
        "--episodes",
        "-n",
        type=click.IntRange(min=1),
        default=episodes,
        show_default=episodes is not None,
        help=f"Episodes of each {each}.",
    )
    of_seed = click.option(
        "--seed",
        type=click.IntRange(min=0),
        default=seed,
        show_default="one that no training draws" if seed is None else True,
        help="Seed of all runs.",
    )

    def give(command: Command) -> Command:
        for option in (overrides, of_seed, count):
            command = option(command)
        return command

    return give
