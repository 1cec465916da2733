"""Recorded episodes as trajectories: replayed under their seeds, one row a turn of a seat."""

import json
from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass
from typing import NamedTuple

from shapley_coop.credit.worth.replay import repeat_steps
from shapley_coop.interfaces.game import Game, Snapshot
from shapley_coop.records import Episode, Facts, Seat
from shapley_coop.rl.trajectories.anchors import state_key
from shapley_coop.rl.trajectories.batch import Row, Trajectories, from_rows
from shapley_coop.runs.store import RunFolder


class Turn(NamedTuple):
    """One turn of one seat in one episode."""

    episode: int
    seat: Seat
    step: int


@dataclass(frozen=True, slots=True)
class Span:
    """The tokens of one turn, as in `Row`: critic values, log-probabilities, own tokens."""

    values: Sequence[float]
    logprobs: Sequence[float] | None = None
    mask: Sequence[bool] | None = None


_ACTION = Span(values=(0.0,))


def trajectories(
    game: Game,
    episodes: Iterable[Episode],
    *,
    invalid: Collection[Turn] = (),
    tokens: Mapping[Turn, Span] | None = None,
) -> Trajectories:
    """Return rows of (episode, seat, turn) with state key, reward and validity, by replay.

    The anchor is the key of `game.facts(seat)` before the turn. Episodes whose seats all began in
    the same state are one group. A turn without tokens has one, its action, with critic value 0.
    Episodes without a step, such as failed ones, are left out.

    Args:
        game: any instance of the game. It is left alone.
        episodes: recorded plays of it.
        invalid: turns whose reply was no legal move. `invalid_turns` reads them from a run.
        tokens: what each turn's reply was made of.

    Raises:
        GameError: the game does not repeat an episode under its seed.
    """
    spans = tokens or {}
    rows = []
    for episode in episodes:
        opening: Hashable = None
        for turn, stage in each_turn(game, episode):
            if opening is None:
                # Seats that start alike play the same task, so their episodes can be compared.
                opening = tuple(state_key(stage.facts(seat)) for seat in stage.seats)
            span = spans.get(turn, _ACTION)
            row = Row(
                episode.index,
                turn.step,
                reward=episode.steps[turn.step].rewards[turn.seat],
                seat=stage.seats.index(turn.seat),
                group=opening,
                anchor=state_key(stage.facts(turn.seat)),
                valid=turn not in invalid,
                values=span.values,
                logprobs=span.logprobs,
                mask=span.mask,
            )
            rows.append(row)
    return from_rows(rows)


def everything(facts: Facts) -> object:
    """Return all facts, those of the rules included, which never change."""
    return facts


def state_texts(
    batch: Trajectories,
    game: Game,
    episodes: Iterable[Episode],
    select: Callable[[Facts], object] = everything,
) -> list[str]:
    """Return the state before each row as text, for similarity grouping: the seat's facts as JSON.

    Args:
        batch: the rows.
        game: any instance of the game. It is left alone.
        episodes: the recorded plays that the rows are from.
        select: says what of a seat's facts is compared. Facts hold the constant rules of a game
            too, which make all its states look alike, so that a threshold tells more of the part
            that changes.

    Raises:
        GameError: the game does not repeat an episode under its seed.
    """
    texts = {}
    for episode in episodes:
        for turn, stage in each_turn(game, episode):
            facts = stage.facts(turn.seat)
            key = (episode.index, stage.seats.index(turn.seat), turn.step)
            # Sorted keys make equal states equal texts.
            texts[key] = json.dumps(select(facts), sort_keys=True, default=str)
    return [texts[key] for key in batch.row_keys()]


def each_turn(game: Game, episode: Episode) -> Iterator[tuple[Turn, Game]]:
    """Yield every turn of an episode with the game as it stood before it.

    The game is a copy that the next step changes, as `moments` says.

    Raises:
        GameError: the game does not repeat the episode under its seed.
    """
    for step, stage in enumerate(moments(game, episode)):
        if step == len(episode.steps):
            return
        for seat in stage.agents:
            yield Turn(episode.index, seat, step), stage


def moments(game: Game, episode: Episode) -> Iterator[Game]:
    """Yield one game as it stood before each recorded step, and after the last.

    It is a copy that the next moment changes: read it or take its `snapshot()` at once.

    Raises:
        GameError: the game does not repeat the episode under its seed.
    """
    return repeat_steps(game, episode.seed, episode.steps)


def branch_points(game: Game, episode: Episode) -> list[Snapshot]:
    """Return the moment before each recorded step, and the end: where values may branch off."""
    return [stage.snapshot() for stage in moments(game, episode)]


def invalid_turns(run: RunFolder) -> frozenset[Turn]:
    """Return the turns of a run in which a seat's answer was no legal action."""
    return frozenset(
        Turn(event["episode"], event["seat"], event["data"]["step"])
        for event in run.events()
        if event["kind"] == "forfeit" and event["data"].get("moment") == "act"
    )
