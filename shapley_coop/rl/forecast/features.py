"""What everybody could see of an episode so far, as numbers a step: the forecaster's input."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from shapley_coop.credit.worth.replay import repeat_steps
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step
from shapley_coop.shapley.arrays import Floats

FactPath: TypeAlias = tuple[str, ...]
"""Where a number stands in a seat's facts: the keys that lead to it."""


def public_features(game: Game, seed: int, steps: Sequence[Step]) -> Floats:
    """Return one row after each step: [T, F], by replay. The game is left alone.

    A row holds the share of the horizon that is left, the numbers in the facts that all seats see
    alike (0 where they differ), each seat's reward so far in reward units, then how often each seat
    took each action, as a share of the horizon.

    A forecast is shown to every seat, so what only one sees must not enter it. Facts are named and
    say the same to each seat, unlike a seat's features, which may begin with its own and hold what
    is private. Beyond what a seat sees, a row tells no more than that the others see the same.

    Raises:
        GameError: the game does not repeat the steps under the seed.
    """
    paths = public_paths(game)
    number = {seat: place for place, seat in enumerate(game.seats)}
    reward_n = np.zeros(len(number))
    count_nA = np.zeros((len(number), len(game.actions)))
    moments = repeat_steps(game, seed, steps)
    # The first moment is the opening, after which no step was taken yet.
    next(moments)
    rows = []
    for step, stage in zip(steps, moments, strict=True):
        for seat, action in step.actions.items():
            place = number[seat]
            taken = stage.index[action]
            reward_n[place] += step.rewards[seat]
            count_nA[place, taken] += 1 / stage.horizon
        facts = _shared_facts(stage, paths)
        row = np.concatenate([facts, reward_n, count_nA.ravel()])
        rows.append(row)
    return np.array(rows)


def public_paths(game: Game) -> tuple[FactPath, ...]:
    """Return where the facts of every seat hold a number, or none yet, at the opening.

    Lists are left out: they grow with play, and rows have one width.
    """
    stage = game.fresh()
    # A set would lose the order of the facts, which is that of the features.
    shared: list[FactPath] | None = None
    for seat in stage.seats:
        paths = dict(_leaves(stage.facts(seat)))
        if shared is None:
            shared = list(paths)
            continue
        shared = [path for path in shared if path in paths]
    return tuple(shared or ())


def width(game: Game) -> int:
    """Return the number of features of a row, F."""
    of_a_seat = 1 + len(game.actions)
    return 1 + len(public_paths(game)) + len(game.seats) * of_a_seat


def _shared_facts(stage: Game, paths: Sequence[FactPath]) -> Floats:
    """Return the share of the horizon that is left, and the numbers that all seats see alike."""
    left = 1 - stage.clock / stage.horizon
    first, *others = (_numbers(stage, seat, paths) for seat in stage.seats)
    shared = first
    for other in others:
        # Once a number is 0 for a difference, it stays 0: compared is always the first seat's.
        shared = np.where(other == first, shared, 0.0)
    return np.concatenate([[left], shared])


def _numbers(stage: Game, seat: Seat, paths: Sequence[FactPath]) -> Floats:
    """Return the numbers at some places of a seat's facts, 0 where there is none yet."""
    leaves = dict(_leaves(stage.facts(seat)))
    return np.array([leaves.get(path) or 0.0 for path in paths])


def _leaves(
    value: object, path: FactPath = ()
) -> Iterator[tuple[FactPath, float | None]]:
    """Yield every number in nested facts with the keys that lead to it."""
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif value is None:
        yield path, None
    elif isinstance(value, bool | int | float):
        yield path, float(value)
