"""The command `report`, and the report that other commands end with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from shapley_coop.cli.options import (
    as_json,
    limits,
    raise_limits,
    runs_dir,
    shows_tracebacks,
)
from shapley_coop.cli.runs.naming import locate_runs
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError, PluginError

if TYPE_CHECKING:
    from shapley_coop.config.sections import Limits
    from shapley_coop.runs.report.content import Content
    from shapley_coop.runs.store import RunFolder

_LIMIT_NAMES = ("max_cost", "max_tokens", "max_calls")


@click.command()
@click.argument("runs", nargs=-1, callback=locate_runs)
@click.option("--explain", is_flag=True, help="Say what every word of a report means.")
@click.option(
    "--episode",
    type=click.IntRange(min=0),
    help="Episode whose talk or credit to show.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write one page with pictures that needs no network; several runs stand side by side.",
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
    "--process-scale",
    type=float,
    metavar="X",
    help="Gain of credit that counts as clearly right; default the run's largest.",
)
@click.option(
    "--judge", metavar="MODEL", help="Who judges steps, and claims in free text."
)
@limits
@runs_dir
@as_json
def report(
    runs: tuple[Path, ...],
    runs_dir: Path,
    page: Path | None,
    episode: int | None,
    credit: str | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Read RUNS, by default the newest, and report it.

    A run is a folder, an id of `shapley-coop runs`, or one end of an id. With --explain alone, only
    the words of reports are explained. Limits are those of the judge, whose answers stay in RUN.
    """
    from shapley_coop.llm.secrets import load_env
    from shapley_coop.runs.store import RunFolder, newest

    explain = options.pop("explain")
    if not runs and explain:
        _explain(as_json)
        return
    if page is not None:
        paths = runs or (newest(runs_dir),)
        write_page([RunFolder.open(path) for path in paths], page, episode)
        if as_json:
            print_json({"html": str(page)})
        else:
            click.echo(f"{page} is written")
        return
    if len(runs) > 1:
        raise ConfigError(
            "a report is about one run; add --html FILE for several, or use compare"
        )
    folder = RunFolder.open(runs[0] if runs else newest(runs_dir))
    if credit is None:
        _refuse_credit_options(options)
        show_report(folder, as_json, episode)
        # One line of JSON stays one line: its fields are explained without a run.
        if explain and not as_json:
            _explain(as_json)
        return
    load_env()
    _show_credit(folder, credit, episode, options, as_json=as_json)


def _explain(as_json: bool) -> None:
    """Print the glossary of the report."""
    from shapley_coop.runs.report.glossary import glossary

    sections = glossary()
    if as_json:
        words = {term.word: term.meaning for _, terms in sections for term in terms}
        print_json(words)
        return
    from rich.console import Console

    from shapley_coop.runs.report.terminal import explain

    explain(sections, Console())


def write_page(folders: Sequence[RunFolder], path: Path, episode: int | None) -> None:
    """Write the report of runs as one HTML page."""
    from shapley_coop.runs.report.content import gather
    from shapley_coop.runs.report.html.page import render
    from shapley_coop.runs.store.files import replace

    contents = [gather(folder, episode) for folder in folders]
    replace(path, render(contents, above=_team_part(contents)))


def _team_part(contents: Sequence[Content]) -> str:
    """Return the figures of the team of a run as HTML, or nothing for other runs."""
    from shapley_coop.cli.swe.figures import HEADING, as_fields, figure_lines
    from shapley_coop.cli.swe.team import figures_in
    from shapley_coop.runs.report.html.markup import element

    content = contents[0]
    team = figures_in(content.run)
    if team is None or len(contents) > 1:
        return ""
    fields = as_fields(content.figures.as_json(), team)
    # Names in it are cleaned already, and columns stand below each other.
    lines = escape("\n".join(figure_lines(fields, team.seats)))
    return element("section", element("h2", HEADING) + element("pre", lines))


def _refuse_credit_options(options: Mapping[str, Any]) -> None:
    """Raise ConfigError if an option is there that only --credit heeds."""
    # Silently ignored, such an option would let its user believe that it was heeded.
    for name, value in options.items():
        if value is not None:
            flag = _flag(name)
            raise ConfigError(f"{flag} is about credit over time: add --credit")


def _show_credit(
    folder: RunFolder,
    spec: str,
    episode: int | None,
    options: Mapping[str, Any],
    *,
    as_json: bool,
) -> None:
    """Print which turn of an episode earned what."""
    limits = _judge_limits(options)
    if find_spec("torch") is None:
        raise PluginError(
            "credit over time needs torch; run: pip install 'shapley-coop[rl]'"
        )
    # Only here, since the methods import torch.
    from rich.console import Console

    from shapley_coop.rl.evidence.shaping import shaping_of
    from shapley_coop.rl.turn_credit import BranchSampling
    from shapley_coop.rl.turn_report import report_credit

    shaping = shaping_of(
        options["reward"],
        options["process"],
        options["judge"],
        limits,
        options["process_scale"],
    )
    sampling = BranchSampling(options["rollouts"], options["continue_with"])
    console = None if as_json else Console()
    turns = report_credit(folder, spec, episode, console, shaping, sampling)
    if as_json:
        print_json(turns)


def _judge_limits(options: Mapping[str, Any]) -> Limits:
    """Return what a judge may spend."""
    from shapley_coop.config.sections import Limits

    amounts = {name: options[name] for name in _LIMIT_NAMES}
    for name, amount in amounts.items():
        # A report asks no model but a judge, so limits without one would limit nothing.
        if amount is not None and options["judge"] is None:
            flag = _flag(name)
            raise ConfigError(
                f"{flag} limits what a judge may spend: add --judge MODEL"
            )
    return raise_limits(Limits(), amounts)


def _flag(name: str) -> str:
    words = name.replace("_", "-")
    return f"--{words}"


def show_report(
    folder: RunFolder,
    as_json: bool,
    episode: int | None = None,
    *,
    transcript: bool = True,
) -> None:
    """Print what a run came to, and one episode in full: text, or one JSON object.

    Args:
        folder: the run.
        as_json: whether to print JSON.
        episode: which episode to show. If None, the first that was played to its end.
        transcript: whether to tell it. One that was told while it was played is not told twice.
    """
    from shapley_coop.cli.swe.figures import as_fields, show_figures
    from shapley_coop.cli.swe.team import figures_in
    from shapley_coop.runs.report.content import gather

    content = gather(folder, episode)
    team = figures_in(folder)
    if as_json:
        fields = content.figures.as_json()
        print_json(fields if team is None else as_fields(fields, team))
        show_tracebacks(folder)
        return
    # Only here, since rich is slow to load and whoever reads JSON does not need it.
    from rich.console import Console

    from shapley_coop.runs.report.terminal import show

    console = Console()
    if not transcript:
        # What was told stands right above, so the title needs some room.
        console.print()
        content = content._replace(dialogue=())
    show(content, console)
    if team is not None:
        fields = as_fields(content.figures.as_json(), team)
        show_figures(fields, team.seats)
    show_tracebacks(folder)


def show_tracebacks(folder: RunFolder) -> None:
    """Print what broke in a run to standard error under `--debug`, and else where that stands."""
    from shapley_coop.runs.store import TRACEBACKS

    tracebacks = folder.tracebacks()
    if not tracebacks:
        return
    if shows_tracebacks():
        click.echo(tracebacks, err=True)
    else:
        place = folder.path / TRACEBACKS
        click.echo(
            f"where it broke stands in {str(place)!r}; --debug shows it", err=True
        )
