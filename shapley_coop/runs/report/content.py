"""What a report says, gathered once from a run folder and shown by each renderer its own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shapley_coop.errors import RunFolderError
from shapley_coop.llm.memory.outside import paid_outside
from shapley_coop.records import Episode, Seat
from shapley_coop.records.words import clean, names
from shapley_coop.runs.figures import RunFigures
from shapley_coop.runs.report.rows import SeatRow, seat_rows
from shapley_coop.runs.report.transcript.lines import TalkLine, dialogue
from shapley_coop.runs.store.folder import RunFolder
from shapley_coop.runs.summary import summarise


class Content(NamedTuple):
    """Everything that a report shows."""

    run: RunFolder
    """The folder that was read."""
    figures: RunFigures
    """The figures over all episodes."""
    rows: tuple[SeatRow, ...]
    """The rows of the tables of seats."""
    seats: tuple[tuple[str, str], ...]
    """Groups of seats and who sits there."""
    episode: Episode | None
    """The episode that is shown in full."""
    dialogue: tuple[TalkLine, ...]
    """What was said in it."""


def gather(run: RunFolder, episode: int | None = None) -> Content:
    """Return what a report of the run shows, with the talk of one episode.

    Args:
        run: an opened run.
        episode: whose talk to show. If None, the first that was played to its end.

    Raises:
        RunFolderError: the run has no such episode, or a file of it is corrupt.
    """
    episodes = list(run.episodes())
    figures = summarise(
        episodes,
        run=str(run.path),
        status=run.manifest.status,
        # A run that was never finished has no wall time yet, but its episodes know theirs.
        seconds=run.manifest.seconds or None,
        protocol=run.config.protocol,
        outside=paid_outside(run.calls, {episode.index for episode in episodes}),
    )
    # A thousand episodes have one set of figures, but only one of them can be told in full.
    choice = _choose(episodes, episode)
    talk: tuple[TalkLine, ...] = ()
    if choice is not None:
        talk = dialogue(run.events(choice.index), choice.steps)
    return Content(
        run=run,
        figures=figures,
        rows=seat_rows(figures, choice),
        seats=_seating(run, list(figures.credit) or list(run.config.seats)),
        episode=choice,
        dialogue=talk,
    )


def _choose(episodes: Sequence[Episode], index: int | None) -> Episode | None:
    if index is None:
        played = [episode for episode in episodes if episode.status == "done"]
        return next(iter(played or episodes), None)
    if not 0 <= index < len(episodes):
        known = f"0 to {len(episodes) - 1}" if episodes else "none yet"
        raise RunFolderError(f"the run has no episode {index}; recorded: {known}")
    return episodes[index]


def _seating(run: RunFolder, seats: Sequence[Seat]) -> tuple[tuple[str, str], ...]:
    """Return who sits where, seats of the same agent together."""
    config = run.config
    groups: dict[str, list[Seat]] = {}
    # A model says more than "llm" about who sat there.
    for seat, name in config.agents_of(seats).items():
        agent = clean(name, 60)
        if agent == "llm":
            agent = f"llm, {clean(config.model.name, 60)}"
        groups.setdefault(agent, []).append(seat)
    return tuple((names(group), agent) for agent, group in groups.items())
