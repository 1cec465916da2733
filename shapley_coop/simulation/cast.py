"""What a play asks of its cast: the agents of its seats, and what they have spent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from shapley_coop.config.seeds import Dice
from shapley_coop.interfaces.agent import Agent
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Seat


class Cast(Protocol):
    """Who sits where."""

    def agents(
        self, game: Game, episode: int, present: Sequence[Seat], dice: Dice
    ) -> dict[Seat, Agent]:
        """Return the agents of one play: the present seats' own, and who plays absent ones."""
        ...

    @property
    def decides_unseeded(self) -> bool:
        """Whether some seat, or who plays absent ones, asks a model or a person."""
        ...

    def calls_and_tokens(self, episode: int) -> tuple[int, int]:
        """Return the model calls and tokens of an episode so far."""
        ...
