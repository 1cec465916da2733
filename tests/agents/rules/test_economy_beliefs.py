"""What an honest rule agent states of a game of which all is known, against all orders."""

import numpy as np
import pytest

from games.escape_room.lio import EscapeRoomN
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.credit.beliefs import stated_credit
from shapley_coop.interfaces.worth import CoalitionWorth
from tests.fixtures.plays import brute_force


class AnyWorth(EscapeRoomN):
    """A room whose seats are worth what a draw says."""

    def __init__(self, seats, seed):
        self.seed_of_worth = seed
        super().__init__(seats=seats, levers=1)

    def value(self, coalition):
        # A subset as a number, so that equal coalitions are worth the same in any order.
        row = sum(1 << self.seats.index(seat) for seat in coalition)
        if row == 0:
            return 0.0
        return float(np.random.default_rng([self.seed_of_worth, row]).normal())

    def oracle(self):
        seats = self.seats

        def values(rows):
            named = [
                [s for s, inside in zip(seats, row, strict=True) if inside]
                for row in rows
            ]
            return np.array([self.value(coalition) for coalition in named])

        return CoalitionWorth(seats, values)


@pytest.mark.parametrize("seats", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("seed", range(5))
def test_beliefs_are_exact_for_any_worth(seats, seed):
    game = AnyWorth(seats, seed)
    economy = Economy(game.fresh(), np.random.default_rng(seed))
    exact = brute_force(game.seats, game.value)
    everyone = frozenset(game.seats)
    for seat in game.seats:
        beliefs = economy.beliefs(seat)
        assert stated_credit(beliefs, game.seats) == pytest.approx(exact)
        assert beliefs.pot == pytest.approx(game.value(everyone))
        added = game.value(everyone) - game.value(everyone - {seat})
        assert beliefs.externality == ("positive" if added > 0 else "negative")
