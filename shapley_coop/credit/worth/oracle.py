"""Worth by oracle: the game computes v(S) from its rules."""

from __future__ import annotations

from dataclasses import replace

from shapley_coop.config.sections import WorthSettings
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth, Worth
from shapley_coop.interfaces.worth_method import Scene, WorthMethod


class OracleWorth(WorthMethod):
    """The game's own formula gives v(S), whatever was played."""

    name = "oracle"
    sentence = (
        "The game's own formula gives v(S), what the members can earn themselves; it fixes what "
        "absent seats do."
    )

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse a game that has no formula."""
        return None if game.oracle() is not None else _no_oracle(game)

    async def worth(self, scene: Scene) -> Worth:
        """Return the characteristic function of the game."""
        return oracle(scene.game.fresh())


def oracle(game: Game) -> Worth:
    """Return the game's own characteristic function.

    Raises:
        ConfigError: the game has none.
    """
    worth = game.oracle()
    if worth is None:
        raise ConfigError(_no_oracle(game), field="worth.kind")
    # The dice of a formula belong to the rules of the game and not to an episode.
    worth = replace(worth, shares_draws=True)
    # The game computes values and plays nothing for them, whether or not its author says so.
    if isinstance(worth, CoalitionWorth):
        return replace(worth, formula=True)
    return worth


def _no_oracle(game: Game) -> str:
    return (
        f"{game.name} has no worth oracle; measure credit with worth.kind=realised, "
        f"replay or rollout"
    )
