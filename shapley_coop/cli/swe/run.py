"""A run of a software team, the run of a programmer alone beside it, and what both came to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapley_coop.cli.options import Venue
from shapley_coop.cli.play import exit_by, play_in_view
from shapley_coop.cli.report import show_report
from shapley_coop.cli.settings import choose_run
from shapley_coop.cli.swe.team import SOLO, aftermaths

if TYPE_CHECKING:
    from shapley_coop.config.sections import Config
    from shapley_coop.runs.store import RunFolder


def play_team(task: str, options: dict[str, Any], *, as_json: bool) -> None:
    """Play a team on a task, then a programmer alone beside it, and report both."""
    from shapley_coop.cli.view.origins import tell_origins
    from shapley_coop.cli.view.progress import fetch_weights
    from shapley_coop.llm.secrets import load_env

    load_env()
    runs_dir: Path = options.pop("runs_dir")
    is_quiet = options.pop("quiet") or as_json
    venue = Venue.take(options)
    has_solo = not options.pop("no_solo")
    config = team_config(task, options)
    tell_origins([config])
    fetch_weights(config)
    folder, told = play_in_view(config, runs_dir, quiet=is_quiet, venue=venue)
    if has_solo:
        _play_solo(config, folder, venue)
    show_report(folder, as_json, transcript=not told)
    exit_by(folder)


def _play_solo(config: Config, folder: RunFolder, venue: Venue) -> None:
    """Give one programmer alone as many turns as the team used, in a run inside the team's."""
    plays = aftermaths(folder)
    if not plays:
        return
    turns = round(sum(play.turns for play in plays) / len(plays))
    alone = solo_config(config, max(1, turns))
    play_in_view(alone, folder.path / SOLO, quiet=True, venue=venue)


def team_config(task: str, options: Mapping[str, Any]) -> Config:
    """Return the configuration of a team on a task.

    Credit is measured by rollout where only rules play, and by replay where a model or a person
    would have to be asked again for every coalition, unless the options say otherwise.
    """
    from swe_sim.team.game import SoftwareTeam

    given = dict(options)
    roles: str | None = given.pop("roles")
    own = [f"game.task={_quoted(task)}", "protocol.reprice_on_change=true"]
    if given.pop("unsafe"):
        own.append("game.unsafe=true")
    if roles is not None:
        names = [_quoted(name.strip()) for name in roles.split(",")]
        own.append(f"game.roles=[{', '.join(names)}]")
    given["game"] = SoftwareTeam.name
    given["overrides"] = (*own, *given["overrides"])
    config = choose_run(given).config
    chose_worth = given["worth"] is not None or given["file"] is not None
    for override in given["overrides"]:
        chose_worth |= override.startswith("worth.kind")
    if chose_worth:
        return config
    kind = "replay" if _asks_anybody(config) else "rollout"
    worth = config.worth.model_copy(update={"kind": kind})
    return config.model_copy(update={"worth": worth})


def _quoted(text: str) -> str:
    """Return a text as TOML writes it, whose escapes are those of JSON."""
    return json.dumps(text, ensure_ascii=False)


_WORTH_ALONE = {"kind": "realised", "ranking": None, "width": None}
"""How the credit of a programmer is measured that there is nobody to share with."""


def solo_config(config: Config, turns: int) -> Config:
    """Return the configuration of one programmer who does all in some turns.

    Who sat at the team's first programmer's seat plays it.
    """
    from shapley_coop.config.protocol import PROTOCOLS
    from shapley_coop.simulation.worker import make_game
    from swe_sim.team.roles import role_name

    team = make_game(config)
    agents = config.agents_of(team.seats)
    programmers = [seat for seat in team.seats if role_name(seat) == "programmer"]
    agent = agents[programmers[0]] if programmers else config.agent
    kept = {key: config.game[key] for key in config.game if key != "roles"}
    return config.model_copy(
        update={
            "game": {**kept, "solo": turns},
            "agent": agent,
            "seats": {},
            "protocol": PROTOCOLS["solo"],
            "worth": config.worth.model_copy(update=_WORTH_ALONE),
        }
    )


def _asks_anybody(config: Config) -> bool:
    """Return whether a model or a person sits at some seat."""
    from shapley_coop.agents.roles import roles_of
    from shapley_coop.simulation.worker import make_game

    game = make_game(config)
    roles = roles_of(game, config.agent, config.seats, config.model.name)
    return any(role.decides_unseeded for role in roles.values())
