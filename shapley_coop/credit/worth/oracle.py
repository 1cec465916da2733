"""Worth by oracle: the game computes v(S) from its rules."""

from __future__ import annotations

from shapley_coop.credit.worth.shapes import Worth
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game


def oracle(game: Game) -> Worth:
    """Return the game's own characteristic function.

    Raises:
        ConfigError: the game has none.
    """
    worth = game.oracle()
    if worth is None:
        raise ConfigError(
            f"{game.name} has no worth oracle; measure credit with worth.kind=replay or rollout"
        )
    return worth
