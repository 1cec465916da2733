"""A recorded episode played on from one of its steps with something changed, without a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from shapley_coop.agents.replay_policy import policy, rule_names
from shapley_coop.errors import ConfigError, InputError, RunFolderError, unknown
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import names
from shapley_coop.records import Episode, Seat
from shapley_coop.records.words import clean, count_text
from shapley_coop.runs.intervals import Interval, mean_interval, mean_of
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.forks.changes import (
    Changes,
    ForkPoint,
    parse_changes,
    parse_point,
)
from shapley_coop.simulation.forks.course import (
    ForkCourse,
    ForkedPlay,
    repeat_steps,
    require_same,
)
from shapley_coop.simulation.measurement.assign import REPLICATES
from shapley_coop.simulation.worker import open_game


class PayoffChange(NamedTuple):
    """By how much a seat's payoff changes."""

    mean: float
    interval: Interval | None
    """The 95 % interval of the mean. Both ends are the mean where nothing is left to chance, and
    it is None where all pairs came out alike although chance had a say."""


class ForkChoice(NamedTuple):
    """What a seat can do otherwise at a step."""

    seat: Seat
    taken: str
    """The action that was recorded."""
    others: tuple[str, ...]
    """The other legal actions."""
    signs: bool
    """Whether it signed something at this step or later, which it can leave unsigned."""


@dataclass(frozen=True)
class Fork:
    """What follows from a change in a recorded episode."""

    place: ForkPoint
    changes: Changes
    before: ForkCourse
    """The episode as it was played on from the step without the change."""
    after: ForkCourse
    """The same with the change, under the same dice."""
    difference: dict[Seat, PayoffChange]
    """Over all pairs of courses under equal dice."""
    pairs: int
    """How many pairs of courses were compared. One is enough where nothing is left to chance."""

    def as_json(self) -> dict[str, Any]:
        """Return it as the command `fork` prints it."""
        rows = {}
        for seat, change in self.difference.items():
            ends = None if change.interval is None else list(change.interval)
            rows[seat] = {"mean": change.mean, "interval": ends}
        return {
            "at": str(self.place),
            "set": {
                **self.changes.actions,
                **self.changes.agents,
                **dict.fromkeys(sorted(self.changes.unsigned), "unsigned"),
            },
            "before": _course_json(self.before),
            "after": _course_json(self.after),
            "difference": rows,
            "pairs": self.pairs,
        }


def _course_json(course: ForkCourse) -> dict[str, Any]:
    return {
        "payoffs": course.payoffs,
        "outcomes": list(course.outcomes),
        "actions": [step.actions for step in course.steps],
    }


def fork(
    folder: RunFolder,
    at: str,
    changes: Sequence[str],
    *,
    then: str | None = None,
    replicates: int = REPLICATES,
) -> Fork:
    """Return what follows if seats do otherwise at a step of a recorded episode.

    What came before the step is held. Afterwards seats repeat their recorded actions where these
    are legal, unless an agent plays on for them. Both courses meet the same dice: the first pair
    those of the episode, further pairs, where chance has a say, dice of their own. A division of
    the pot that was signed after play keeps its shares.

    Args:
        folder: the run.
        at: the step, such as `e0.s0`.
        changes: `SEAT=ACTION` at that step, `SEAT=AGENT` from that step on, or `SEAT=unsigned`.
        then: the rule agent that plays on for all seats after the step. None means that they
            repeat what they did.
        replicates: pairs of courses where chance has a say.

    Raises:
        ConfigError: there is no such step, seat, action or agent, or the agent needs a model.
        RunFolderError: the game no longer goes as it was recorded.
    """
    place = parse_point(at)
    episode = _episode_of(folder, place)
    stage = _stage_at(folder, episode, place)
    game = stage.fresh()
    chosen = parse_changes(changes, game.actions, tuple(stage.agents))
    _require_legal(stage, chosen, place)
    _require_rules(chosen, then)
    played = ForkedPlay(game, episode, folder.config, place, then)
    before = [played.course(Changes({}, {}, frozenset()), 0)]
    if then is None:
        require_same(game, episode, before[0].steps)
    after = [played.course(chosen, 0)]
    # One pair tells all where nothing is left to chance.
    if before[0].chance or after[0].chance:
        for number in range(1, replicates):
            before.append(played.course(Changes({}, {}, frozenset()), number))
            after.append(played.course(chosen, number))
    difference = {seat: _difference(seat, before, after) for seat in game.seats}
    return Fork(place, chosen, before[0], after[0], difference, len(before))


def choices(folder: RunFolder, at: str) -> list[ForkChoice]:
    """Return what every seat that acts at a step of a recorded episode can do otherwise.

    Args:
        folder: the run.
        at: the step, such as `e0.s0`.

    Raises:
        ConfigError: there is no such step.
        RunFolderError: the game no longer goes as it was recorded.
    """
    place = parse_point(at)
    episode = _episode_of(folder, place)
    stage = _stage_at(folder, episode, place)
    signers: set[Seat] = set()
    for contract in episode.contracts:
        if contract.step >= place.step:
            signers |= set(contract.signatures)
    if episode.division is not None:
        signers |= set(episode.division.signatures)
    taken = episode.steps[place.step].actions
    rows = []
    for seat in stage.agents:
        others = tuple(name for name in stage.legal(seat) if name != taken[seat])
        rows.append(ForkChoice(seat, taken[seat], others, seat in signers))
    return rows


def _stage_at(folder: RunFolder, episode: Episode, place: ForkPoint) -> Game:
    """Return the game of an episode as it stood before a step."""
    stage = open_game(folder.config.game_id, folder.config.game_parameters)
    stage.start(episode.seed)
    repeat_steps(stage, episode, place.step)
    return stage


def _episode_of(folder: RunFolder, place: ForkPoint) -> Episode:
    count = 0
    for episode in folder.episodes():
        count += 1
        if episode.index != place.episode:
            continue
        if place.step >= len(episode.steps):
            raise ConfigError(_no_step(episode, place), field="at")
        return episode
    if not count:
        raise RunFolderError(
            f"no episode is recorded in {str(folder.path)!r}, so nothing can be played on; "
            "resume the run, or fork another"
        )
    raise ConfigError(
        f"the run has no episode {place.episode}; it has {count}, counted from 0",
        field="at",
    )


def _no_step(episode: Episode, place: ForkPoint) -> str:
    if not episode.steps:
        ended = f": {clean(episode.error, 300)}" if episode.error else ""
        return f"episode {place.episode} ended before its first step{ended}; fork another one"
    count = count_text(len(episode.steps), "step")
    return f"episode {place.episode} has no step {place.step}; it has {count}, counted from 0"


def _require_rules(changes: Changes, then: str | None) -> None:
    """Find out before anything is played whether agents can play on without being asked."""
    fields = dict.fromkeys(changes.agents.values(), "set")
    if then is not None:
        if then not in names("agents") and ":" not in then:
            raise ConfigError(unknown("agent", then, rule_names()), field="then")
        fields[then] = "then"
    for name, field in fields.items():
        try:
            policy(name, 0)
        except InputError as error:
            error.field = field
            raise


def _require_legal(stage: Game, changes: Changes, place: ForkPoint) -> None:
    for seat, action in changes.actions.items():
        legal = stage.legal(seat)
        if action not in legal:
            raise ConfigError(
                f"{seat} cannot take {action!r} at {place}; legal: {', '.join(legal)}",
                field="set",
            )


def _difference(
    seat: Seat, before: Sequence[ForkCourse], after: Sequence[ForkCourse]
) -> PayoffChange:
    pairs = zip(after, before, strict=True)
    changes = [late.payoffs[seat] - early.payoffs[seat] for late, early in pairs]
    mean = mean_of(changes)
    if len(changes) == 1:
        return PayoffChange(mean, Interval(mean, mean))
    return PayoffChange(mean, mean_interval(changes))
