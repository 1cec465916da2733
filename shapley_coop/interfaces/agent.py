"""What an agent is: three questions about a view, each answered by a typed value or None."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.config.sections import ModelSettings
from shapley_coop.interfaces.deals.outlook import Outlook
from shapley_coop.interfaces.deals.schedule import Schedule
from shapley_coop.interfaces.deals.stance import Stance
from shapley_coop.interfaces.game import Game, Security
from shapley_coop.interfaces.model import Asker
from shapley_coop.records import (
    Beliefs,
    Clause,
    Coalition,
    Contract,
    Counter,
    Credit,
    Facts,
    Move,
    MoveKind,
    Offer,
    Phase,
    Propose,
    Seat,
    Step,
    Terms,
)
from shapley_coop.records.deeds import Act, Reasoned, Written

# What an author of an agent imports, in one place.
__all__ = [
    "Act",
    "Agent",
    "AgentFactory",
    "Commons",
    "GameCheck",
    "ModelSettings",
    "Moment",
    "NegotiationProtocol",
    "Payer",
    "Place",
    "Reasoned",
    "TableView",
    "UnseededFactory",
    "Utterance",
    "View",
    "Written",
]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One public move at a table: data from a stranger, never instruction or markup."""

    round: int
    seat: Seat
    move: Move | None
    standing: Offer | None = None
    """The offer that stood when it was said."""


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
    binds: bool = True
    """Whether what is agreed here is signed. If not, all is talk."""
    outcomes: tuple[str, ...] = ()
    """Every outcome that a clause may name."""
    horizon: int = 1
    """The most steps that the game has."""
    schedule: Schedule = ()
    """Which actions seats may be offered at which step, as the game says."""

    def offers(self) -> list[Offer]:
        """Return the offers that stood at this table, oldest first."""
        stood = {}
        for spoken in self.history:
            if spoken.standing is not None:
                stood[spoken.standing.id] = spoken.standing
        if self.standing is not None:
            stood[self.standing.id] = self.standing
        return list(stood.values())

    def has_offer_of(self, seat: Seat) -> bool:
        """Return whether a seat has made an offer at this table."""
        for spoken in self.history:
            is_offer = isinstance(spoken.move, Propose | Counter)
            if is_offer and spoken.seat == seat:
                return True
        return False


@dataclass(frozen=True, slots=True)
class View:
    """The typed facts that one seat may see at one moment."""

    seat: Seat
    seats: tuple[Seat, ...]
    """The seats at the table, or those of the game where none is open."""
    game: str
    episode: int
    step: int
    facts: Facts
    actions: tuple[str, ...]
    """Actions that are legal for this seat now."""
    protocol: NegotiationProtocol
    contracts: tuple[Contract, ...] = ()
    table: TableView | None = None
    writes: tuple[str, ...] = ()
    """Those of `actions` that take a text."""
    talk: tuple[Utterance, ...] = ()
    """In play, what was said at the last table if nobody could sign anything there."""
    steps: tuple[Step, ...] = ()
    """What was done so far, without texts: what was written is in `facts` of those who may read."""
    payoffs: Mapping[Seat, float] = field(default_factory=dict)
    """At a split table, what each seat holds if nothing is divided."""
    measured: Credit | None = None
    """At a split table, credit as played: what was measured where it sums to the pot, and realised
    credit elsewhere. At a task table that re-opens, a forecast, if there is one."""
    potential: Credit | None = None
    """At a split table, what the rules of the game make seats worth, whatever was played."""
    phi: Mapping[Seat, float] | None = None
    """What each seat is due: the Shapley values that follow from the coalition values that this
    seat stated, the shares that it stated of more than four seats, or the forecast ones."""
    stance: Stance | None = None
    """Whether this seat should offer or ask for a payment, and the paper's price bound."""
    contradiction: str = ""
    """What does not fit together in this seat's own beliefs. It is told once at each table."""
    coalitions: Mapping[str, Coalition] = field(default_factory=dict)
    """The coalitions whose values a seat is asked to state, by label. Empty of more than four
    seats."""
    shares_of: tuple[Seat, ...] = ()
    """The seats whose shares of the pot a seat is asked to state, of more than four seats."""
    deposits: Mapping[Seat, float] = field(default_factory=dict)
    """What seats have in escrow while the game is played, in reward."""
    owed: tuple[Clause, ...] = ()
    """At the end, what this seat owes and nobody enforces."""
    outside: Security | None = None
    frame: Callable[[], NDArray[np.uint8]] | None = None
    """Draws the game as it stands, (height, width, 3). Only those who look pay for it."""
    lookahead: Callable[[], Game] | None = None
    """Copies the game as it stands, for looking ahead. What chance decides from here on is not what
    it decides in the episode. Only those who look pay for it."""
    outlook: Callable[[], Outlook | None] | None = None
    """Works out what this seat would hold in the end by each of its actions. Only those who look
    pay for it. None where the protocol does not have it shown, or all is played."""

    @property
    def bound(self) -> float | None:
        """The paper's price bound: this seat pays at most this, or asks at least minus this."""
        return None if self.stance is None else self.stance.bound

    @property
    def promises(self) -> tuple[Terms, ...]:
        """What was signed so far."""
        return tuple(contract.offer.terms for contract in self.contracts)


class Agent(Protocol):
    """Who sits at a seat.

    To return None, or to raise IllegalMove with the reason, is to give no usable answer. A forfeit
    is then recorded and the phase's fallback taken.
    """

    async def believe(self, view: View) -> Beliefs | None:
        """State what coalitions are worth."""
        ...

    async def negotiate(self, view: View) -> Move | None:
        """Choose a move at a table."""
        ...

    async def act(self, view: View) -> Act | None:
        """Choose one of `view.actions`, and write a text with it where it takes one."""
        ...


# Checkable at run time, since agents of plug-ins need not decide this.
@runtime_checkable
class Payer(Protocol):
    """An agent that decides whether it pays what nobody enforces. Who is none pays nothing."""

    async def honours(self, view: View) -> bool | None:
        """Return whether it pays all of `view.owed`. None is no usable answer."""
        ...


class Commons:
    """What follows from the public rules alone, worked out once for all seats of one play.

    Without it, each of a hundred seats would work out the same values again. Nothing that one
    seat alone may know belongs here.
    """

    def __init__(self) -> None:
        self._objects: dict[tuple[str, tuple[Seat, ...]], object] = {}

    def once(
        self, kind: type[T], make: Callable[[], T], seats: tuple[Seat, ...] = ()
    ) -> T:
        """Return the play's one object of a class, made by whichever seat asks first.

        Args:
            kind: the class of the object.
            make: makes the object, if no seat asked for it before.
            seats: the seats that share the object. Empty means all seats of the play.
        """
        # Classes are told apart by their names, since two modules may each have an `Economy`.
        key = (f"{kind.__module__}.{kind.__qualname__}", seats)
        if key not in self._objects:
            self._objects[key] = make()
        shared = self._objects[key]
        # Under one name there is one class, so this only tells the type checker what is there.
        assert isinstance(shared, kind)
        return shared


@dataclass(frozen=True, slots=True)
class Place:
    """All that an agent is given when it sits down."""

    seat: Seat
    game: Game
    """A copy for looking ahead. Its rules are public, and its dice are not the episode's."""
    rng: np.random.Generator
    model: ModelSettings = field(default_factory=ModelSettings)
    ask: Asker | None = None
    """The model to ask. None where the agent's factory does not need one."""
    present: tuple[Seat, ...] = ()
    """The seats that negotiate where only a coalition plays. Empty means all of them."""
    shared: Commons = field(default_factory=Commons)
    """What the seats of one play work out together."""


# Checkable at run time, since nothing else tells a factory from any other function.
@runtime_checkable
class AgentFactory(Protocol):
    """Makes an agent for one seat of one episode. A class of agents is one.

    A factory that is also a `GameCheck` can refuse games before a run is made.
    """

    needs_model: bool
    """Whether a place of its agents must have a model to ask."""

    def __call__(self, place: Place) -> Agent:
        """Return the agent of `place`."""
        ...


# Checkable at run time, since most factories have no need to declare it.
@runtime_checkable
class UnseededFactory(Protocol):
    """A factory whose agents decide by more than their generator, such as people."""

    unseeded: Literal[True]


# Checkable at run time, since a factory may come from a plug-in that declares nothing.
@runtime_checkable
class GameCheck(Protocol):
    """A factory whose agents cannot play every game, such as one that needs a plan."""

    def check_game(self, game: Game, protocol: NegotiationProtocol) -> None:
        """Raise ConfigError if its agents cannot play the game under the protocol.

        It is called before a run is made, once for each kind of agent.
        """
        ...


Moment = Literal["believe", "negotiate", "act", "honour"]
