"""What happened: steps, payments, breaches, spending, and the episode that holds them all."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, FiniteFloat

from shapley_coop.records.base import Record, Seat, Status
from shapley_coop.records.measured import Checks, Credit, SeatCredit
from shapley_coop.records.moves import Beliefs
from shapley_coop.records.terms import Clause, Contract


class Step(Record):
    """One step of a game: what every seat did and what it was paid by the game."""

    actions: dict[Seat, str]
    rewards: dict[Seat, FiniteFloat]


class Transfer(Record):
    """One settled payment in integer micro-units."""

    payer: Seat
    payee: Seat
    micro: int = Field(gt=0)
    reason: Literal["clause", "deposit", "division"]


class Breach(Record):
    """A promise of a signed contract that its seat did not keep."""

    seat: Seat
    clause: Clause
    broken: Literal["action", "payment"]


class Spend(Record):
    """What one seat's calls of one purpose to one model came to."""

    seat: Seat
    purpose: str
    model: str
    calls: int = 0
    """Answers that were used."""
    sent: int = 0
    """Times that a request was sent for them, repeats included."""
    prompt: int = 0
    """Tokens sent."""
    completion: int = 0
    """Tokens answered."""
    cost: float | None = None
    """US dollars. None means that the price is not known."""


class Episode(Record):
    """One play of a game under one seed: the unit of resume."""

    index: int
    seed: int
    status: Status = "done"
    error: str = ""
    seats: tuple[Seat, ...]
    steps: tuple[Step, ...] = ()
    outcomes: tuple[str, ...] = ()
    success: bool = False
    beliefs: dict[Seat, Beliefs] = Field(default_factory=dict)
    contracts: tuple[Contract, ...] = ()
    division: Contract | None = None
    arbitrated: bool = False
    """A table died under a protocol whose arbiter then divided the pot by measured credit."""
    raw: dict[Seat, float] = Field(default_factory=dict)
    payoffs: dict[Seat, float] = Field(default_factory=dict)
    transfers: tuple[Transfer, ...] = ()
    breaches: tuple[Breach, ...] = ()
    ledger_residual: int = 0
    rounds: int = 0
    split_rounds: int = 0
    forfeits: dict[Seat, int] = Field(default_factory=dict)
    decisions: int = 0
    events: int = 0
    """How many events of it were written. The run folder fills it in, and resume checks it."""
    credit: Credit | None = None
    columns: dict[Seat, SeatCredit] = Field(default_factory=dict)
    checks: Checks | None = None
    contributions: dict[Seat, float] | None = None
    """The game's own figures of what each seat contributed. None if it keeps none."""
    myerson: Credit | None = None
    """Credit if only linked seats work together. None if the game has no links."""
    calls: int = 0
    tokens: int = 0
    spend: tuple[Spend, ...] = ()
    seconds: float = 0.0
