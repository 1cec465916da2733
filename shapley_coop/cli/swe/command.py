"""The command `swe`: a team writes a program, hidden tests judge it, and each seat is credited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rich_click as click

from shapley_coop.cli.options import (
    as_json,
    limits,
    overrides,
    play_settings,
    quiet,
    runs_dir,
    venues,
)
from shapley_coop.cli.stops import tell_what_is_left
from shapley_coop.errors import ConfigError

IMPORT = "import"
"""What stands in the place of a task where a log follows."""


@click.command()
@click.argument("task", required=False)
@click.argument("log", required=False, type=click.Path(path_type=Path))
@click.option("--list", "lists", is_flag=True, help="List the tasks.")
@click.option("--roles", metavar="A,B,C", help="The seats of the team, the paid first.")
@click.option(
    "--no-solo", is_flag=True, help="Leave out the programmer who works alone."
)
@click.option(
    "--unsafe", is_flag=True, help="Run code also where no sandbox can isolate it."
)
@play_settings
@limits
@venues
@overrides
@runs_dir
@quiet
@as_json
def swe(
    task: str | None,
    log: Path | None,
    lists: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Have a team write the program of TASK, and report what passes and who is worth what.

    The same turns are then given to one programmer alone. `swe import LOG` credits the work log
    of another system instead.
    """
    if lists:
        from shapley_coop.cli.swe.listing import show_tasks

        show_tasks(as_json=as_json)
        return
    if task is None:
        raise ConfigError(
            "no task is named; choose one of those that --list shows", field="task"
        )
    if task == IMPORT:
        from shapley_coop.cli.swe.evidence import show_log

        with tell_what_is_left("the same command begins anew"):
            show_log(log, as_json=as_json)
        return
    if log is not None:
        raise ConfigError(f"{log} follows the task {task!r}; name one task")
    from shapley_coop.cli.swe.run import play_team

    play_team(task, options, as_json=as_json)
