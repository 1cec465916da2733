"""What everybody could see of an episode so far, as numbers a step: the forecaster's input."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import GameError
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat, Step

Path = tuple[str, ...]
"""Where a number stands in a seat's facts: the keys that lead to it."""


def public_features(
    game: Game, seed: int, steps: Sequence[Step]
) -> NDArray[np.float64]:
    """Return one row after each step: [T, F], by replay; the game given is left alone.

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
    stage = game.fresh()
    stage.start(seed)
    number = {seat: place for place, seat in enumerate(stage.seats)}
    paid = np.zeros(len(number))
    taken = np.zeros((len(number), len(stage.actions)))
    rows = []
    for place, step in enumerate(steps):
        if not stage.agents or stage.apply(step.actions).rewards != step.rewards:
            raise GameError(
                f"{game.name} does not repeat step {place} under seed {seed}"
            )
        for seat, action in step.actions.items():
            paid[number[seat]] += step.rewards[seat]
            taken[number[seat], stage.index[action]] += 1 / stage.horizon
        rows.append(np.concatenate([_seen(stage, paths), paid, taken.ravel()]))
    return np.array(rows)


def public_paths(game: Game) -> tuple[Path, ...]:
    """Return where the facts of every seat hold a number, or none yet, at the opening.

    Lists are left out: they grow with play, and rows have one width.
    """
    stage = game.fresh()
    first, *others = (dict(_leaves(stage.facts(seat))) for seat in stage.seats)
    return tuple(path for path in first if all(path in other for other in others))


def width(game: Game) -> int:
    """Return the number of features of a row, F."""
    return 1 + len(public_paths(game)) + len(game.seats) * (1 + len(game.actions))


def _seen(stage: Game, paths: Sequence[Path]) -> NDArray[np.float64]:
    left = 1 - stage.clock / stage.horizon
    first, *others = (_at(stage, seat, paths) for seat in stage.seats)
    alike = np.all([other == first for other in others], axis=0) if others else True
    return np.concatenate([[left], np.where(alike, first, 0.0)])


def _at(stage: Game, seat: Seat, paths: Sequence[Path]) -> NDArray[np.float64]:
    leaves = dict(_leaves(stage.facts(seat)))
    return np.array([leaves.get(path) or 0.0 for path in paths])


def _leaves(value: object, path: Path = ()) -> Iterator[tuple[Path, float | None]]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            yield from _leaves(part, (*path, str(key)))
    elif value is None:
        yield path, None
    elif isinstance(value, bool | int | float):
        yield path, float(value)
