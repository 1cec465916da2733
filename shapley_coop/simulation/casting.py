"""From a configuration to the cast of a run."""

from __future__ import annotations

from shapley_coop.agents.cast import AskFor, ConfiguredCast, CountSpending
from shapley_coop.agents.roles import check_roles, roles_of, substitute_of
from shapley_coop.config.sections import Config
from shapley_coop.interfaces.game import Game


def configured_cast(
    config: Config,
    game: Game,
    ask_for: AskFor | None = None,
    count_spending: CountSpending | None = None,
) -> ConfiguredCast:
    """Return who plays a configuration.

    Args:
        config: who sits where.
        game: any instance of the game.
        ask_for: opens a model for a seat. None means that no seat may need one.
        count_spending: tells the calls and tokens of an episode so far.

    Raises:
        ConfigError: the configuration names a seat that the game does not have, a way to reason
            for which the game defines no typed statements, or an agent that cannot play the game.
        PluginError: an agent, model or worth kind does not exist.
    """
    default_model = config.model.name
    roles = roles_of(game, config.agent, config.seats, default_model)
    check_roles(roles, game, config.protocol)
    cast = ConfiguredCast(
        roles,
        substitute=substitute_of(game, config.worth, default_model),
        model=config.model,
        ask_for=ask_for,
        count_spending=count_spending,
    )
    cast.check_reasoning(game)
    return cast
