"""What everybody could see of an episode so far, as numbers a step: the forecaster's input."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shapley_coop.errors import GameError
from shapley_coop.game import Game
from shapley_coop.records import Step


def public_features(game: Game, seed: int, steps: Sequence[Step]) -> NDArray[np.float64]:
    """Return one row after each step: [T, F], by replay; the game given is left alone.

    A row holds the features of the state as the first seat sees it, which is public in games
    without private facts, then each seat's reward so far in reward units, then how often each seat
    took each action, as a share of the horizon.

    Raises:
        GameError: the game does not repeat the steps under the seed.
    """
    stage = game.fresh()
    stage.start(seed)
    number = {seat: place for place, seat in enumerate(stage.seats)}
    paid = np.zeros(len(number))
    taken = np.zeros((len(number), len(stage.actions)))
    rows = []
    for place, step in enumerate(steps):
        if not stage.agents or stage.apply(step.actions).rewards != step.rewards:
            raise GameError(f"{game.name} does not repeat step {place} under seed {seed}")
        for seat, action in step.actions.items():
            paid[number[seat]] += step.rewards[seat]
            taken[number[seat], stage.index[action]] += 1 / stage.horizon
        seen = stage.features(stage.seats[0]).astype(np.float64).ravel()
        rows.append(np.concatenate([seen, paid, taken.ravel()]))
    return np.array(rows)
