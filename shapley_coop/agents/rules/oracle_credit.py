"""What a game is worth to its coalitions, and what an honest seat states of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from shapley_coop.agents.rules.knowledge import own_worth
from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.beliefs import coalitions_to_value, seats_to_share
from shapley_coop.credit.measure import measure
from shapley_coop.credit.sampling import is_sampled
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.interfaces.deals.beliefs import (
    beliefs_from,
    beliefs_in_shares,
    effect,
)
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import CountWorth, Worth
from shapley_coop.records import Beliefs, Coalition, Seat


class OracleCredit:
    """The worth of every coalition of a game, and the credit and the beliefs that follow from it.

    Args:
        game: the game of the seats that negotiate.
        everyone: the seats that beliefs are about, which may be more than those.
        rng: a child of it draws coalitions where the seats are too many to value them all.
    """

    def __init__(
        self, game: Game, everyone: Sequence[Seat], rng: np.random.Generator
    ) -> None:
        self.game = game
        self.everyone = tuple(everyone)
        self.rng = rng

    @cached_property
    def worth(self) -> Worth:
        """The game's own characteristic function. A game without one raises ConfigError."""
        return own_worth(self.game)

    @cached_property
    def phi(self) -> dict[Seat, float]:
        """Shapley values under the oracle, exact as far as `measure` says."""
        settings, seats = WorthSettings(), self.game.seats
        rng = None
        if is_sampled(self.worth, len(seats), settings):
            # A child stream, so that the seat that asks first draws its own decisions as ever.
            (rng,) = self.rng.spawn(1)
        credit = measure(
            self.worth,
            seats,
            settings,
            kind="oracle",
            absence=None,
            rng=rng,
        )
        return credit.values

    def coalitions(self) -> Mapping[str, Coalition]:
        """Return the coalitions that seats are asked about, by label. None of many seats."""
        return coalitions_to_value(self.everyone)

    def beliefs(self, seat: Seat) -> Beliefs:
        """Return what an honest seat states: the oracle's values, or the φ that it knows."""
        reason = "the rules of the game"
        shared = seats_to_share(self.everyone)
        if not shared:
            return beliefs_from(self.values, seat, reason)
        # Of a coalition's own game, seats outside it add nothing and are due nothing.
        shares = {name: self.phi.get(name, 0.0) for name in shared}
        everyone = frozenset(self.game.seats)
        pot, without = self._valued([everyone, everyone - {seat}])
        return beliefs_in_shares(shares, reason, externality=effect(pot, without))

    @cached_property
    def values(self) -> dict[str, float]:
        """The oracle's value of every coalition that seats are asked about, by label.

        Of a coalition's own game, seats outside it add nothing.
        """
        coalitions = self.coalitions()
        values = self._valued(list(coalitions.values()))
        return dict(zip(coalitions, values, strict=True))

    def _valued(self, coalitions: Sequence[Coalition]) -> list[float]:
        """Return the oracle's values of some coalitions."""
        seats = self.game.seats
        rows = [[seat in members for seat in seats] for members in coalitions]
        worth = self.worth
        if isinstance(worth, CountWorth):
            worth = expand_counts(worth, seats)
        values: list[float] = worth.values(np.array(rows)).tolist()
        return values
