"""The credit forecaster of a game: trained on recorded episodes, asked in the middle of one."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.random import SeedSequence

from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode, Seat, Step
from shapley_coop.rl.forecast.features import public_features, width
from shapley_coop.rl.forecast.forecaster import (
    FEWEST_EPISODES,
    CreditForecaster,
    ForecasterSettings,
    fit_forecaster,
    load_forecaster,
)


class ForecastCredit(NamedTuple):
    """A seat's expected final credit and its standard deviation, in reward units."""

    mean: float
    std: float


Forecaster = Callable[[int, Sequence[Step]], Mapping[Seat, ForecastCredit]]
"""(seed of the episode, its steps so far, at least one) to every seat's final credit."""


def fit_episodes(
    game: Game,
    episodes: Sequence[Episode],
    settings: ForecasterSettings,
    seed: SeedSequence,
) -> CreditForecaster:
    """Train on recorded episodes of a game and the credit that was measured in them.

    Raises:
        ConfigError: fewer than five episodes hold measured credit.
        GameError: the game does not repeat an episode under its seed.
    """
    features = []
    credits_ = []
    for episode in episodes:
        if not episode.steps or episode.credit is None:
            continue
        features.append(public_features(game, episode.seed, episode.steps))
        credits_.append([episode.credit.values[seat] for seat in game.seats])
    if len(features) < FEWEST_EPISODES:
        raise ConfigError(
            f"a forecaster learns from at least {FEWEST_EPISODES} episodes with measured credit, "
            f"got {len(features)}"
        )
    return fit_forecaster(features, np.array(credits_), settings, seed)


def open_forecaster(path: str, game: Game) -> Forecaster:
    """Return the saved forecaster of a file, to be asked about episodes of a game.

    Raises:
        ConfigError: the file holds no forecaster, or one for other seats or features.
    """
    try:
        model = load_forecaster(Path(path))
    except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
        raise ConfigError(
            f"worth.forecaster {path!r} holds no forecaster: {error}",
            field="worth.forecaster",
        ) from error
    seats = len(game.seats)
    features = width(game)
    # Both follow from the shapes of what was trained, so no file can lie about them.
    trained = (model.error_Tn.shape[1], len(model.scale.feature_mean))
    if trained != (seats, features):
        raise ConfigError(
            f"worth.forecaster {path!r} was trained on {trained[0]} seats and {trained[1]} "
            f"features, {game.name} has {seats} and {features}; train it on episodes of this game",
            field="worth.forecaster",
        )

    def forecast(seed: int, steps: Sequence[Step]) -> dict[Seat, ForecastCredit]:
        now = model.now(public_features(game, seed, steps))
        means, deviations = now.mean.tolist(), now.std.tolist()
        return {
            seat: ForecastCredit(mean, std)
            for seat, mean, std in zip(game.seats, means, deviations, strict=True)
        }

    return forecast
