"""Worth by rollout: the members of a coalition play again, live."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.worth.shapes import (
    table_of_draws,
    worth_of_draws,
    worth_of_table,
)
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.interfaces.worth_method import (
    CoalitionPlay,
    Replayer,
    Scene,
    WorthMethod,
)
from shapley_coop.records import Coalition, Seat
from shapley_coop.shapley.coalitions import named_coalitions


class RolloutWorth(WorthMethod):
    """The members of S play again, live and under the same seed, for every coalition S."""

    name = "rollout"
    sentence = (
        "The members of a coalition negotiate and play again under the same seed, and v(S) is "
        "the total reward of every seat that exists then."
    )
    absent_player = "agents"
    plays_live = True

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse an absence rule that the game lacks, and more coalitions than allowed."""
        # A rule that the game lacks is an error of its own, which names those that exist.
        self.absence(game, settings)
        seats = len(game.seats)
        return None if seats <= settings.exact_seats else _too_many(seats, settings)

    async def worth(self, scene: Scene) -> CoalitionWorth:
        """Return the values of all coalitions, played again where chance has a say in them."""
        if scene.replayer is None:
            raise ConfigError(
                "worth.kind=rollout plays again, but nobody can be asked here; use "
                "worth.kind=replay or oracle",
                field="worth.kind",
            )
        return await rollout(
            scene.game.seats,
            scene.replayer,
            scene.settings,
            replicates=scene.live_replicates,
        )


async def rollout(
    seats: Sequence[Seat],
    play: Replayer,
    settings: WorthSettings,
    *,
    replicates: int = 1,
) -> CoalitionWorth:
    """Return the worth of every coalition by live play, all coalitions at once.

    Args:
        seats: the n seats.
        play: plays a coalition under the game's own seed. All coalitions of one replicate draw
            the same random numbers.
        settings: `exact_seats` is the most seats for which all 2^n coalitions are played.
        replicates: how often a coalition is played where chance has a say.

    Raises:
        ConfigError: there are more seats than that.
    """
    n = len(seats)
    if n > settings.exact_seats:
        raise ConfigError(_too_many(n, settings), field="worth.exact_seats")
    # All coalitions are played at once: most of the time goes into waiting for models.
    plays = await asyncio.gather(
        *(_play(play, members, replicates) for members in named_coalitions(seats))
    )
    table = table_of_draws(plays, replicates)
    if table.shape[1]:
        return worth_of_draws(seats, table)
    return worth_of_table(seats, np.array([first.worth for first, *_ in plays]))


async def _play(
    play: Replayer, coalition: Coalition, replicates: int
) -> tuple[CoalitionPlay, ...]:
    """Return the plays of a coalition: one, or as many as wanted where chance has a say."""
    first = await play(coalition, 0)
    if not first.chance:
        return (first,)
    others = [play(coalition, number) for number in range(1, replicates)]
    return (first, *await asyncio.gather(*others))


def _too_many(seats: int, settings: WorthSettings) -> str:
    return (
        f"rollout of all coalitions of {seats} seats is 2^{seats} live games an episode; "
        f"worth.exact_seats allows {settings.exact_seats}. Use worth.kind=replay or oracle, or "
        f"raise the limit"
    )
