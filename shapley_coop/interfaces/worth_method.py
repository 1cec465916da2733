"""A worth kind: how the value of a coalition is obtained from a game and a play of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple, Protocol

import numpy as np

from shapley_coop.config.sections import WorthSettings
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.worth import Worth
from shapley_coop.records import (
    Absence,
    Beliefs,
    Coalition,
    Credit,
    Line,
    Seat,
    Step,
)

# What an author of a worth kind imports, in one place.
__all__ = [
    "AbsentPlayer",
    "CoalitionPlay",
    "Earners",
    "Policies",
    "Policy",
    "Replayer",
    "Scene",
    "WorthMethod",
    "WorthSettings",
    "supported_absence",
]


class Policy(Protocol):
    """Plays absent seats in one replay."""

    def __call__(self, game: Game, seat: Seat, steps: Sequence[Step]) -> str:
        """Return a legal action from the game as it is now and the steps so far."""
        ...

    @property
    def drew_chance(self) -> bool:
        """Whether another seed could have led to other actions so far."""
        ...


Policies = Callable[[int], Policy]
"""Makes who plays absent seats in a replay, from the number of the replicate."""


class CoalitionPlay(NamedTuple):
    """What one play of a coalition was worth."""

    worth: float
    """The total reward, or whatever of it the worth kind counts."""
    chance: bool
    """Whether another draw of chance could have led to another worth."""


Replayer = Callable[[Coalition, int], Awaitable[CoalitionPlay]]
"""Plays a coalition again, live and under the game's same seed: (members, replicate) to what that
was worth, the total reward. Replicates differ by what agents draw."""
AbsentPlayer = Literal["nobody", "policy", "agents"]
Earners = Literal["members", "everybody"]
"""Whose rewards v(S) counts: those of the members of S, or those of every seat that exists."""


@dataclass(frozen=True)
class Scene:
    """One play of a game, as far as it has come, for a worth kind to look at."""

    game: Game
    """The game that was played. A method works on `fresh()` and `restrict()` copies of it."""
    seed: int
    """The seed that the game was started with."""
    settings: WorthSettings
    steps: tuple[Step, ...] = ()
    beliefs: Mapping[Seat, Beliefs] = field(default_factory=dict)
    """What seats stated about the values of coalitions."""
    absence: Absence | None = None
    """What replaces absent seats. None means that the kind decides that itself."""
    policies: Policies | None = None
    """Who plays absent seats in a replay under `baseline`."""
    kept_profile: Mapping[Seat, Line] | None = None
    """What each seat would have done had all kept what they signed, for the absence rule `agreed`.
    None means that nothing was signed."""
    replicates: int = 1
    """How often a coalition is replayed where chance has a say in its worth."""
    live_replicates: int = 1
    """How often the replayer plays a coalition where chance has a say in its worth."""
    rng: np.random.Generator | None = None
    """Draws the coalitions of a sample. A kind draws from a copy, so that it draws the same again.
    None means that nothing is sampled here."""
    replayer: Replayer | None = None
    """None means that nobody can be asked to play again."""


class WorthMethod(ABC):
    """What a package registers under `shapley_coop.worths`, made without arguments.

    The class attributes answer every question that the rest of the program has about a kind,
    so that nothing else compares names of kinds.
    """

    name: ClassVar[str]
    """The kind as it is recorded beside every credit."""
    sentence: ClassVar[str]
    """Printed in every report, since the choice of v decides the answer."""
    absent_player: ClassVar[AbsentPlayer] = "nobody"
    """Who plays absent seats: nobody, as the kind needs no absence rule, a function of the
    game as in a replay, or agents that are asked live."""
    needs_beliefs: ClassVar[bool] = False
    """Whether seats have to state coalition values."""
    plays_live: ClassVar[bool] = False
    """Whether agents are asked again, so that a learning environment cannot use the kind."""
    stops_early: ClassVar[bool] = False
    """Whether `worth.ranking` and `worth.width` end the plays of coalitions."""
    foresees: ClassVar[bool] = False
    """Whether credit can be read before a game has ended, for tables that re-open."""

    def refusal(self, game: Game, settings: WorthSettings) -> str | None:
        """Return why credit of a game cannot be measured so, or None if it can.

        This is asked before a run folder is made, so it must not play or pay for anything.
        """
        return None

    def absence(self, game: Game, settings: WorthSettings) -> Absence | None:
        """Return what replaces absent seats, or None where the kind decides that itself.

        Raises:
            ConfigError: the settings name a rule that the kind or the game does not support.
        """
        if self.absent_player == "nobody":
            # A rule that has no effect would be believed to have one.
            if settings.absence is not None:
                raise ConfigError(
                    f"worth.kind={self.name} fixes itself what absent seats do; leave "
                    f"worth.absence={settings.absence} out, or use worth.kind=realised or replay",
                    field="worth.absence",
                )
            return None
        return supported_absence(game, settings.absence)

    @abstractmethod
    async def worth(self, scene: Scene) -> Worth | Credit | None:
        """Return the characteristic function of a play.

        A kind that has no v(S), or averages over several, returns the credit itself. None means
        that nothing can be measured of this play.

        Raises:
            ConfigError: the scene lacks what the kind needs.
            GameError: the game broke.
        """


def supported_absence(game: Game, choice: Absence | None) -> Absence:
    """Return the absence rule to use: the chosen one if the game supports it, or its first.

    Raises:
        ConfigError: the game does not support the chosen rule.
    """
    if choice is None:
        return game.absences[0]
    if choice not in game.absences:
        known = ", ".join(game.absences)
        raise ConfigError(
            f"{game.name} has no absence rule {choice!r}; it supports: {known}",
            field="worth.absence",
        )
    return choice
