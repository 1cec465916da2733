"""Plays of a game that were not played: any plans under one seed, settled to payoffs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation import procedure
from shapley_coop.negotiation.ledger import Payers
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import Credit, Episode, Line, Redistribution, Seat, Step

Payoffs = Mapping[Seat, float]
"""What every seat holds after settlement."""
DivisorOf = Callable[[Sequence[Step]], Credit | None]
"""A play to the credit by which a rule divides its pot."""


class SettledPlay(NamedTuple):
    """A play to its end, and what it comes to."""

    steps: tuple[Step, ...]
    payoffs: Payoffs


class SettledPlays:
    """Plays any profile as an episode's game would have gone, every profile once.

    Payoffs are those after the episode's contracts and the division that its protocol announces.
    A division that seats negotiate after play is left out, since it follows no rule.

    Args:
        game: any instance of the game. It is left alone.
        episode: its seed, its contracts, and what seats stated.
        protocol: how contracts are settled and the pot is divided.
        divisor_of: tells the credit by which a rule divides. None means that there is no such rule.
    """

    def __init__(
        self,
        game: Game,
        episode: Episode,
        protocol: NegotiationProtocol,
        divisor_of: DivisorOf | None,
    ) -> None:
        self.game = game
        self.seed = episode.seed
        self._contracts = episode.contracts
        self._beliefs = episode.beliefs
        self._protocol = protocol
        self._divisor_of = divisor_of
        # Where seats might still have signed a division, no arbiter was certain.
        self._deadlock = episode.arbitrated and protocol.split == "none"
        opening = game.fresh()
        opening.start(self.seed)
        self._outside = procedure.outside_options(opening)
        self._known: dict[tuple[Line, ...], SettledPlay] = {}

    @property
    def cost(self) -> int:
        """Plays that it takes to settle one: a rule divides by the worth of all coalitions."""
        if self.division == "none" or self._divisor_of is None:
            return 1
        return 1 + (1 << len(self.game.seats))

    @property
    def division(self) -> Redistribution:
        """The announced rule by which payoffs are divided. `none` if there is no such rule."""
        if self._protocol.split == "negotiated":
            return "none"
        return procedure.dividing_rule(
            self._protocol, deadlock=self._deadlock, signed_division=False
        )

    @property
    def lines_a_seat(self) -> int:
        """The number of lines of actions."""
        return int(len(self.game.actions) ** self.game.horizon)

    def lines(self) -> Iterator[Line]:
        """Yield every line of actions."""
        return product(self.game.actions, repeat=self.game.horizon)

    def play(self, profile: Mapping[Seat, Line]) -> SettledPlay:
        """Return how a profile plays out.

        An action that is not legal where it comes becomes the game's fallback.
        """
        key = tuple(profile[seat] for seat in self.game.seats)
        if key not in self._known:
            stage, steps = play_profile(self.game, self.seed, profile)
            self._known[key] = SettledPlay(steps, self.settle(stage, steps))
        return self._known[key]

    def settle(self, stage: Game, steps: Sequence[Step]) -> Payoffs:
        """Return what every seat holds after a play.

        Args:
            stage: the game at the end of the play.
            steps: the play.
        """
        credit = None
        if self.division != "none" and self._divisor_of is not None:
            credit = self._divisor_of(steps)
        settlement = procedure.settle(
            stage,
            self._protocol,
            self._contracts,
            steps,
            division=None,
            credit=credit,
            deadlock=self._deadlock,
            beliefs=self._beliefs,
            payers=Payers(floors=self._outside),
        )
        return settlement.payoffs
