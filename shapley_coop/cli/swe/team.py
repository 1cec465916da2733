"""What a run of a software team came to beside the report of any run, read from its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shapley_coop.runs.store import RunFolder, run_paths

if TYPE_CHECKING:
    from shapley_coop.records import Coalition, Episode
    from swe_sim.team.aftermath import Aftermath
    from swe_sim.team.figures import CoalitionValue, TeamFigures

SOLO = "solo"
"""The folder in that of a team's run where the run of a programmer alone is."""


def figures_in(folder: RunFolder) -> TeamFigures | None:
    """Return the figures of the team whose run a folder holds.

    They are None if no team played an episode to its end there, or an older version recorded it.
    """
    episodes = []
    plays = []
    for episode in folder.episodes():
        play = _aftermath(episode)
        if play is not None:
            episodes.append(episode)
            plays.append(play)
    if not plays:
        return None
    # Only here, so that reports of other games do without the software team.
    from swe_sim.team.figures import team_figures

    alone = solo_run(folder)
    return team_figures(
        episodes[0].seats,
        plays,
        [] if alone is None else aftermaths(alone),
        [_coalition_values(episode) for episode in episodes],
        [sum(episode.raw.values()) for episode in episodes],
    )


def aftermaths(folder: RunFolder) -> list[Aftermath]:
    """Return what is known of each play of a team in a run that came to its end."""
    plays = [_aftermath(episode) for episode in folder.episodes()]
    return [play for play in plays if play is not None]


def _aftermath(episode: Episode) -> Aftermath | None:
    if episode.status != "done" or episode.aftermath is None:
        return None
    from swe_sim.team.aftermath import aftermath_in

    return aftermath_in(episode.aftermath)


def solo_run(folder: RunFolder) -> RunFolder | None:
    """Return the run of a programmer alone beside a team's, or None if there is none."""
    paths = run_paths(folder.path / SOLO)
    return RunFolder.open(paths[-1]) if paths else None


def _coalition_values(episode: Episode) -> dict[Coalition, CoalitionValue]:
    """Return the values of the coalitions of an episode, or nothing if it lists none."""
    from shapley_coop.credit.labels import label
    from shapley_coop.shapley.coalitions import named_coalitions
    from swe_sim.team.figures import CoalitionValue

    credit = episode.credit
    if credit is None or credit.coalitions is None:
        return {}
    errors = credit.coalition_stderr or {}
    plays = credit.coalition_plays or {}
    values = {}
    for coalition in named_coalitions(episode.seats):
        name = label(coalition, episode.seats)
        if name in credit.coalitions:
            values[coalition] = CoalitionValue(
                credit.coalitions[name],
                errors.get(name, 0.0),
                # Older records do not tell how often each coalition was played.
                plays.get(name, credit.draws or 1),
            )
    return values
