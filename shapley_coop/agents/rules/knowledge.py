"""What a game is worth to its coalitions, and what an honest seat states of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.credit.beliefs import coalitions_to_value, seats_to_share
from shapley_coop.credit.measure import measure
from shapley_coop.credit.sampling import is_sampled
from shapley_coop.credit.worth.oracle import oracle
from shapley_coop.credit.worth.shapes import expand_counts
from shapley_coop.errors import ConfigError
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
        worth: what coalitions are worth. None means what the game says.
    """

    def __init__(
        self,
        game: Game,
        everyone: Sequence[Seat],
        rng: np.random.Generator,
        worth: Worth | None = None,
    ) -> None:
        self.game = game
        self._worth = worth
        self.everyone = tuple(everyone)
        self.rng = rng

    @cached_property
    def worth(self) -> Worth:
        """The game's own characteristic function. A game without one raises ConfigError."""
        return own_worth(self.game) if self._worth is None else self._worth

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
