"""The command `check`: whether somebody's game or agent keeps what is asked of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from traceback import format_exception
from typing import TYPE_CHECKING

import rich_click as click

from shapley_coop.cli.options import as_json, overrides, shows_tracebacks
from shapley_coop.cli.view.json import print_json
from shapley_coop.errors import ConfigError, PluginError, unknown

if TYPE_CHECKING:
    from shapley_coop.interfaces.plugins import Group
    from shapley_coop.simulation.checks.verdict import Verdict


@click.command()
@click.argument("name")
@click.option(
    "--game", "games", multiple=True, help="A game that an agent is checked in."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="The most that one check may take.",
)
@overrides
@as_json
def check(
    name: str,
    games: tuple[str, ...],
    seconds: float,
    overrides: Sequence[str],
    as_json: bool,
) -> None:
    """Check the game or agent NAME against what all of them keep.

    Parameters of a game are given by --set game.….
    """
    from shapley_coop.llm.secrets import redact

    verdicts: list[Verdict] = []
    for verdict in _verdicts(name, games, overrides, seconds):
        verdicts.append(verdict)
        # Some checks take a while, so each is told as it ends.
        if not as_json:
            line = f"{verdict.status:<8} {verdict.check}: {verdict.words}"
            click.echo(redact(line))
        _show_traceback(verdict)
    counts = Counter(verdict.status for verdict in verdicts)
    if as_json:
        print_json([verdict.as_json() for verdict in verdicts])
    else:
        applied = counts["ok"] + counts["failed"]
        aside = f", {counts['skipped']} do not apply" if counts["skipped"] else ""
        click.echo(f"{counts['ok']} of {applied} checks hold{aside}")
    if counts["failed"]:
        raise SystemExit(1)


def _verdicts(
    name: str, games: Sequence[str], overrides: Sequence[str], seconds: float
) -> Iterable[Verdict]:
    from shapley_coop.config.resolve import resolve
    from shapley_coop.simulation.checks.agents import check_agent
    from shapley_coop.simulation.checks.games import check_game

    if _group_of(name) == "agents":
        if overrides:
            raise ConfigError("--set is for games: an agent has no parameters")
        return check_agent(name, games, seconds)
    if games:
        raise ConfigError(f"--game is for agents, and {name!r} is a game")
    config = resolve({"game": {"id": name}}, overrides)
    return check_game(name, config.game_parameters, seconds)


def _group_of(name: str) -> Group:
    """Return whether a name means a game or an agent."""
    from shapley_coop.interfaces.agent import AgentFactory
    from shapley_coop.interfaces.plugins import load, names

    if name in names("games"):
        return "games"
    if name in names("agents"):
        return "agents"
    if ":" not in name:
        known = (*names("games"), *names("agents"))
        hint = "or give module:attribute"
        raise PluginError(unknown("game or agent", name, known, hint), field="name")
    factory = load("games", name)
    # One that was written without saying whether it needs a model is told so as an agent.
    is_agent = isinstance(factory, AgentFactory) or hasattr(factory, "negotiate")
    return "agents" if is_agent else "games"


def _show_traceback(verdict: Verdict) -> None:
    from shapley_coop.llm.secrets import redact

    if verdict.error is not None and shows_tracebacks():
        click.echo(redact("".join(format_exception(verdict.error))), err=True)
