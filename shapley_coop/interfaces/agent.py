"""What an agent is: three questions about a view, each answered by a typed value or None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import ModelSettings
from shapley_coop.interfaces.game import Game, Security
from shapley_coop.interfaces.model import Asker
from shapley_coop.records import (
    Beliefs,
    Clause,
    Contract,
    Credit,
    Facts,
    Move,
    MoveKind,
    Offer,
    Phase,
    Seat,
    Step,
)
from shapley_coop.records.statements import Thought


@dataclass(frozen=True, slots=True)
class Utterance:
    """One public move at a table: data from a stranger, never instruction or markup."""

    round: int
    seat: Seat
    move: Move | None


@dataclass(frozen=True, slots=True)
class TableView:
    """What every seat at a table sees."""

    phase: Phase
    round: int
    rounds: int
    legal: tuple[MoveKind, ...]
    actions: tuple[str, ...]
    """Every action that a clause may name."""
    standing: Offer | None
    signed: tuple[Seat, ...]
    history: tuple[Utterance, ...]


@dataclass(frozen=True, slots=True)
class View:
    """The typed facts that one seat may see at one moment."""

    seat: Seat
    seats: tuple[Seat, ...]
    """The seats at the table; in play, those of the game."""
    game: str
    episode: int
    step: int
    facts: Facts
    actions: tuple[str, ...]
    """Actions that are legal for this seat now."""
    protocol: NegotiationProtocol
    contracts: tuple[Contract, ...] = ()
    table: TableView | None = None
    steps: tuple[Step, ...] = ()
    payoffs: Mapping[Seat, float] = field(default_factory=dict)
    """At a split table: what each seat holds if nothing is divided."""
    measured: Credit | None = None
    """At a split table: the engine's own credit; at a re-opened task table: a forecast, if any."""
    phi: Mapping[Seat, float] | None = None
    """The Shapley values that follow from this seat's own stated beliefs, or the forecast ones."""
    bound: float | None = None
    """The paper's price bound for this seat: it pays at most this, or asks at least minus this."""
    coalitions: tuple[str, ...] = ()
    """Labels of the coalitions whose values are asked for."""
    outside: Security | None = None
    frame: Callable[[], NDArray[np.uint8]] | None = None
    """Draws the game as it stands, (height, width, 3); only those who look pay for it."""

    @property
    def promises(self) -> tuple[Clause, ...]:
        """Clauses in force."""
        return tuple(
            c for contract in self.contracts for c in contract.offer.terms.clauses
        )


class Reasoned(NamedTuple):
    """An action with what its seat said of the world."""

    action: str
    thought: Thought


class Agent(Protocol):
    """Who sits at a seat.

    None, or raising IllegalMove with the reason, means: no usable answer. The engine then records
    a forfeit and takes the phase's fallback.
    """

    async def believe(self, view: View) -> Beliefs | None:
        """State what coalitions are worth."""
        ...

    async def negotiate(self, view: View) -> Move | None:
        """Choose a move at a table."""
        ...

    async def act(self, view: View) -> str | Reasoned | None:
        """Choose one of `view.actions`."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """All that an agent is given when it sits down.

    `game` is a copy for looking ahead; its rules are public, its dice are not the episode's.
    `present` are the seats that negotiate where only a coalition plays; empty: all of them.
    `shared` is scratch space for what follows from the rules alone, common to the seats of one
    play, so that a hundred seats need not each work it out.
    """

    seat: Seat
    game: Game
    rng: np.random.Generator
    model: ModelSettings = field(default_factory=ModelSettings)
    ask: Asker | None = None
    present: tuple[Seat, ...] = ()
    shared: dict[Any, Any] = field(default_factory=dict)


class AgentFactory(Protocol):
    """Makes an agent for one seat of one episode; `needs_model` says whether `ask` is required.

    It may have `check_game(game, protocol)`, which raises ConfigError where its agents cannot play;
    that is asked before a run is made.
    """

    needs_model: bool

    def __call__(self, place: Place) -> Agent:
        """Return the agent of `place`."""
        ...


Moment = Literal["believe", "negotiate", "act"]
