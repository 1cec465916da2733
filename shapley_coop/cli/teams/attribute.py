"""The command `attribute`: what each member of a team of the user's own contributes."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import as_json, cluster
from shapley_coop.cli.stops import tell_what_is_left
from shapley_coop.cli.teams.attribution import show_attribution
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapley_coop.shapley.evaluation.stopping import Progress
    from shapley_coop.teams.demands import DemandOutcome
    from shapley_coop.teams.plan import AttributionPlan
    from shapley_coop.teams.team import Team


@click.command()
@click.argument("team", required=False)
@click.option(
    "--members", required=True, metavar="A,B,C", help="The names of all members."
)
@click.option(
    "--command",
    help="Run the team as a command instead. {absent} and {present} stand for names.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=1),
    default=64,
    show_default=True,
    help="Most runs.",
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--exact", is_flag=True, help="Equal members always score the same: run each once."
)
@click.option(
    "--even-noise",
    is_flag=True,
    help="Runs of all coalitions scatter alike: about half as many runs are needed, and error bars "
    "are true only as far as it is so.",
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=8,
    show_default=True,
    help="Runs at once.",
)
@cluster
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=600.0,
    show_default=True,
    help="Seconds that a command may take.",
)
@click.option(
    "--ranking",
    type=click.FloatRange(0, 1, min_open=True),
    help="Stop once the ranking is settled at this chance, such as 0.95.",
)
@click.option(
    "--width",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop once every 95 % interval is at most +- this wide.",
)
@click.option(
    "--max-cost",
    type=click.FloatRange(min=0, min_open=True),
    help="Start no run that could bring their cost beyond this.",
)
@click.option(
    "--max-seconds",
    type=click.FloatRange(min=0, min_open=True),
    help="Stop after this time.",
)
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File of runs to go on from and to append to.",
)
@click.option(
    "--assert",
    "demands",
    multiple=True,
    metavar="DEMAND",
    help="Such as 'planner > 0' or 'cost_per_point <= 0.2'.",
)
@click.option(
    "--junit",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write what came of the demands as a JUnit file.",
)
@as_json
def attribute(
    team: str | None, demands: tuple[str, ...], as_json: bool, **options: Any
) -> None:
    """Tell what each member of TEAM, a module:function of who is present, contributes.

    Exit code 1 says that a demand failed, and 3 that the budget did not decide one.
    """
    from shapley_coop.simulation.threads import run_in_thread
    from shapley_coop.teams.attribute import attribute_team
    from shapley_coop.teams.demands import parse_demand
    from shapley_coop.teams.gate import DemandGate
    from shapley_coop.teams.junit import require_place
    from shapley_coop.teams.roster import member_names

    # People write a blank behind a comma.
    members = member_names([name.strip() for name in options["members"].split(",")])
    asked = [parse_demand(text, members) for text in demands]
    gate = DemandGate(asked, members, options["budget"])
    make = _team_maker(team, options, members)
    if options["junit"] is not None:
        # Found out before anything is paid.
        require_place(options["junit"])
    with (
        tell_what_is_left(_left(options["log"])),
        _placed(make, options) as there,
        _progress(options["budget"]) as tell,
    ):
        result = run_in_thread(
            attribute_team(
                there,
                members,
                _plan(options),
                gate=gate,
                on_progress=tell,
            )
        )
    verdicts = gate.outcomes(result)
    if options["junit"] is not None:
        from shapley_coop.teams.junit import write_junit

        write_junit(options["junit"], verdicts)
    if as_json:
        print_json(result.as_json() | {"demands": _rows(verdicts)})
    else:
        show_attribution(result, verdicts)
    _exit(verdicts)


@contextmanager
def _placed(make: Callable[[], Team], options: dict[str, Any]) -> Iterator[Team]:
    """Yield a team that runs where the options say."""
    address = options["address"]
    if options["executor"] == "ray":
        from shapley_coop.teams.far_team import far_team

        with far_team(make, workers=options["workers"], address=address) as team:
            yield team
        return
    if address is not None:
        raise ConfigError(
            f"the address {address!r} is that of a Ray cluster; name the executor ray",
            field="executor",
        )
    yield make()


def _team_maker(
    spec: str | None, options: dict[str, Any], members: Sequence[str]
) -> Callable[[], Team]:
    """Return what makes the team, in other processes too."""
    from shapley_coop.teams.team import command_team, load_team

    command = options["command"]
    if (spec is None) == (command is None):
        raise ConfigError(
            "give a team as module:function, or a --command, and not both", field="team"
        )
    if command is not None:
        return partial(command_team, command, members, options["timeout"])
    assert spec is not None
    return partial(load_team, spec, members)


def _plan(options: dict[str, Any]) -> AttributionPlan:
    from shapley_coop.teams.plan import AttributionPlan

    return AttributionPlan(
        budget=options["budget"],
        seed=options["seed"],
        noisy=not options["exact"],
        even_noise=options["even_noise"],
        workers=options["workers"],
        ranking=options["ranking"],
        width=options["width"],
        max_cost=options["max_cost"],
        max_seconds=options["max_seconds"],
        log=options["log"],
    )


@contextmanager
def _progress(budget: int) -> Iterator[Callable[[Progress], None]]:
    """Show how many runs were made, at a terminal, and yield what is to be told of them."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("running the team", total=budget)
        yield lambda progress: bar.update(task, completed=progress.evaluations)


def _left(log: Path | None) -> str:
    """Return what is left of runs that somebody interrupts."""
    if log is None:
        return "nothing is left of the runs, which --log FILE would keep"
    return f"the same command goes on from {log}"


def _rows(verdicts: Sequence[DemandOutcome]) -> list[dict[str, Any]]:
    return [
        {
            "demand": verdict.demand.text,
            "status": verdict.status,
            "difference": verdict.difference.value,
            "stderr": verdict.difference.stderr,
        }
        for verdict in verdicts
    ]


def _exit(verdicts: Sequence[DemandOutcome]) -> None:
    # A demand that failed counts before one that nobody knows of.
    statuses = {verdict.status for verdict in verdicts}
    if "failed" in statuses:
        raise SystemExit(1)
    if "undecided" in statuses:
        raise SystemExit(3)
