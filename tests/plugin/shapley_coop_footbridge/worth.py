"""The worth kind of the plug-in: a coalition is worth what its own seats were paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from shapley_coop.interfaces.worth import CoalitionWorth
from shapley_coop.interfaces.worth_method import Scene, WorthMethod

if TYPE_CHECKING:
    from shapley_coop.interfaces.game import Game

MOST_SEATS = 12


class Paid(WorthMethod):
    """v(S) is the sum of the rewards of the seats in S, so credit is each seat's own reward."""

    name = "paid"
    sentence = "A coalition is worth what its own seats were paid in the play."

    def refusal(self, game: Game, settings: object) -> str | None:
        """Refuse villages that are too large for a footbridge."""
        if len(game.seats) <= MOST_SEATS:
            return None
        return (
            f"paid values up to {MOST_SEATS} seats, {game.name} has {len(game.seats)}"
        )

    async def worth(self, scene: Scene) -> CoalitionWorth:
        """Return the additive characteristic function of a play."""
        seats = scene.game.seats
        totals = []
        for seat in seats:
            rewards = [step.rewards.get(seat, 0.0) for step in scene.steps]
            totals.append(sum(rewards))
        total_n = np.array(totals)

        def values(members_kn: NDArray[np.bool_]) -> NDArray[np.float64]:
            return np.asarray(members_kn @ total_n, np.float64)

        return CoalitionWorth(seats, values)
