"""Worth by forecast: a trained forecaster says what credit a seat will end with."""

from __future__ import annotations

from importlib.util import find_spec

from shapley_coop.config.sections import WorthSettings
from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth_method import Scene, WorthMethod
from shapley_coop.records import Credit


class ForecastWorth(WorthMethod):
    """Credit as a forecaster expects it after the steps that were played so far."""

    name = "forecast"
    sentence = (
        "A forecaster that was trained on recorded episodes names the credit itself; no "
        "coalition was valued."
    )
    foresees = True

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse a missing file, and one that was trained for another game.

        Raises:
            PluginError: torch, which forecasters need, is not installed.
        """
        if not settings.forecaster:
            return (
                "worth.kind=forecast needs a trained forecaster; name its file in "
                "worth.forecaster"
            )
        if find_spec("torch") is None:
            raise PluginError(
                "worth.kind=forecast needs torch; run: pip install 'shapley-coop[rl]'"
            )
        # torch takes seconds to import, so nobody waits for it who forecasts nothing.
        from shapley_coop.rl.forecast.game_forecaster import open_forecaster

        try:
            open_forecaster(settings.forecaster, game)
        except ConfigError as error:
            return str(error)
        return None

    async def worth(self, scene: Scene) -> Credit:
        """Return the expected credit, with the model's own deviation as its standard error.

        No coalition is valued: v(∅) is taken as 0 and v(N) as the sum of the expected credits.
        """
        from shapley_coop.rl.forecast.game_forecaster import open_forecaster

        forecaster = open_forecaster(scene.settings.forecaster, scene.game)
        expected = forecaster(scene.seed, scene.steps)
        values = {seat: credit.mean for seat, credit in expected.items()}
        return Credit(
            values=values,
            stderr={seat: credit.std for seat, credit in expected.items()},
            # The same model errs in every episode, so more of them know no better.
            shared_error=True,
            method="shapley by forecast",
            worth=self.name,
            absence=None,
            empty=0.0,
            grand=sum(values.values()),
            evaluations=0,
        )
