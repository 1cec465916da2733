"""The worth kind of the plug-in: a coalition is worth what its own seats were paid."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.interfaces.worth_method import Scene, WorthMethod, WorthSettings

MOST_SEATS = 12


class Paid(WorthMethod):
    """v(S) is the sum of the rewards of the seats in S, so credit is each seat's own reward."""

    name = "paid"
    sentence = "A coalition is worth what its own seats were paid in the play."

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Refuse villages that are too large for a footbridge."""
        if len(game.seats) <= MOST_SEATS:
            return None
        return (
            f"paid values up to {MOST_SEATS} seats, {game.name} has {len(game.seats)}"
        )

    async def worth(self, scene: Scene) -> CoalitionWorth:
        """Return the additive characteristic function of a play."""
        seats = scene.game.seats
        paid_n = np.zeros(len(seats))
        for step in scene.steps:
            paid_n += [step.rewards.get(seat, 0.0) for seat in seats]

        def values(members_kn: NDArray[np.bool_]) -> NDArray[np.float64]:
            return members_kn @ paid_n

        return CoalitionWorth(seats, values)
