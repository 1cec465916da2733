"""Credit by a trained forecaster, which is loaded by name: the engine itself knows no learner."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import NamedTuple

from shapley_coop.config.sections import WorthSettings
from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.plugins import load
from shapley_coop.records import Credit, Seat, Step


class ForecastCredit(NamedTuple):
    """A seat's expected final credit and its standard deviation, in reward units."""

    mean: float
    std: float


Forecaster = Callable[[int, Sequence[Step]], Mapping[Seat, ForecastCredit]]
"""(seed of the episode, its steps so far, at least one) to every seat's final credit."""


def open_forecaster(game: Game, rules: WorthSettings) -> Forecaster | None:
    """Return the forecaster that `worth.forecaster` names; none unless worth.kind is `forecast`.

    Raises:
        ConfigError: none is named, or the file holds none for this game.
        PluginError: torch, which forecasters need, is not installed.
    """
    if rules.kind != "forecast":
        return None
    if not rules.forecaster:
        raise ConfigError(
            "worth.kind=forecast needs a trained forecaster; name its file in worth.forecaster"
        )
    if find_spec("torch") is None:
        raise PluginError(
            "worth.kind=forecast needs torch; run: pip install 'shapley-coop[rl]'"
        )
    opened: Forecaster = load(
        "credit", "shapley_coop.rl.forecast.game_forecaster:opened"
    )(rules.forecaster, game)
    return opened


def forecast(forecaster: Forecaster, seed: int, steps: Sequence[Step]) -> Credit:
    """Return the credit that a forecaster expects; its standard error is the model's deviation.

    No coalition is valued: v(∅) is taken as 0 and v(N) as the sum of the expected credits.
    """
    expected = forecaster(seed, steps)
    values = {seat: found.mean for seat, found in expected.items()}
    return Credit(
        values=values,
        stderr={seat: found.std for seat, found in expected.items()},
        method="shapley by forecast",
        worth="forecast",
        absence=None,
        empty=0.0,
        grand=sum(values.values()),
        evaluations=0,
    )
