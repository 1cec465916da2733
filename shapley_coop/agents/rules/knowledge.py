"""What a game has to tell for rule agents to bargain in it: a plan and a worth."""

from __future__ import annotations

from shapley_coop.credit.worth.oracle import oracle
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import Worth
from shapley_coop.records import Seat


def joint_plan(game: Game) -> dict[Seat, tuple[str, ...]]:
    """Return the joint plan of greatest total reward.

    Raises:
        ConfigError: the game has none.
    """
    plan = game.plan()
    if plan is None:
        raise ConfigError(
            f"rule agents that bargain need a game with a plan; {game.name} has none. "
            f"Use 'random', a language model, or an agent made for it"
        )
    return plan


def own_worth(game: Game) -> Worth:
    """Return the game's own characteristic function.

    Raises:
        ConfigError: the game has none.
    """
    try:
        return oracle(game)
    except ConfigError as error:
        raise ConfigError(
            f"rule agents that bargain or state beliefs need a game with an oracle; {game.name} "
            f"has none. Use protocol 'solo', 'random', or a language model"
        ) from error
