"""What the rules of a game make its seats worth, whatever is played."""

from __future__ import annotations

from functools import cached_property

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import WorthSettings
from shapley_coop.config.seeds import generator
from shapley_coop.credit.measure import measure
from shapley_coop.credit.worth.failures import name_failures
from shapley_coop.credit.worth.oracle import OracleWorth, oracle
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import Worth
from shapley_coop.negotiation.checks.attainable import attainable
from shapley_coop.records import Attainable, Credit


class Potential:
    """The game's own worth and the Shapley values of it, worked out once for all episodes.

    Args:
        game: any instance of the game. It is left alone.
        settings: how many coalitions may be valued.
        seed: the seed of the run, from which sampled coalitions are drawn.
    """

    def __init__(self, game: Game, settings: WorthSettings, seed: int) -> None:
        self._game = game
        self._settings = settings
        self._seed = seed
        self._attainable: dict[NegotiationProtocol, Attainable] = {}

    @cached_property
    def worth(self) -> Worth | None:
        """The game's characteristic function, or None if it knows none."""
        game = self._game.fresh()
        return None if game.oracle() is None else oracle(game)

    @cached_property
    def credit(self) -> Credit | None:
        """Its Shapley values, or None if the game knows no worth."""
        game = self._game
        if self.worth is None:
            return None
        with name_failures(OracleWorth.name, f"to value coalitions of {game.name}"):
            return measure(
                self.worth,
                game.seats,
                self._settings,
                kind=OracleWorth.name,
                absence=None,
                rng=generator(self._seed, "potential"),
            )

    def attainable(self, protocol: NegotiationProtocol) -> Attainable:
        """Return what agreements can reach in the game under a protocol."""
        if protocol not in self._attainable:
            best = attainable(self._game, protocol, self.credit)
            self._attainable[protocol] = best
        return self._attainable[protocol]
