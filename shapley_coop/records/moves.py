"""What a seat says at the table: its moves and its beliefs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, FiniteFloat

from shapley_coop.records.base import MAX_SPEECH, Externality, Record, Seat
from shapley_coop.records.terms import Terms


class _Spoken(Record):
    say: str = Field(default="", max_length=MAX_SPEECH)


# Each class says its own kind once more as a value: by it pydantic knows which class to make.
class Intend(_Spoken):
    """Tell the others what this seat means to do next. It binds nobody."""

    kind: Literal["intend"] = "intend"
    action: str


class Propose(_Spoken):
    """Put terms on an empty table."""

    kind: Literal["propose"] = "propose"
    terms: Terms


class Counter(_Spoken):
    """Replace the standing offer by other terms."""

    kind: Literal["counter"] = "counter"
    terms: Terms


class Accept(_Spoken):
    """Sign the standing offer, named by its id."""

    kind: Literal["accept"] = "accept"
    offer: int


class Reject(_Spoken):
    """Refuse the standing offer, which leaves the table."""

    kind: Literal["reject"] = "reject"


class Halt(_Spoken):
    """Leave the table for good."""

    kind: Literal["halt"] = "halt"


class Wait(_Spoken):
    """Let the turn pass. A seat whose turn it is not has no other legal move."""

    kind: Literal["wait"] = "wait"


AnyMove = Intend | Propose | Counter | Accept | Reject | Halt | Wait
Move = Annotated[AnyMove, Field(discriminator="kind")]
"""A move that is read by its kind."""
MoveKind = Literal["intend", "propose", "counter", "accept", "reject", "halt", "wait"]


class Beliefs(Record):
    """What one seat believes of a game: the typed half of Shapley chain-of-thought.

    The seat states figures alone, and the engine computes from them.
    """

    pot: FiniteFloat
    """What all seats together can reach, as this seat believes."""
    externality: Externality
    """Whether what this seat does helps or harms the others (Shapley-Coop 2025, eq. 5)."""
    own: FiniteFloat | None = None
    """What the game itself will pay this seat, payments between seats left out. The paper's R_i.
    None if it was not stated."""
    values: dict[str, FiniteFloat] = Field(default_factory=dict)
    """What each coalition is worth, by its label (`credit.labels`). Empty where shares are
    stated. Older records of more than four seats hold some of the coalitions."""
    shares: dict[Seat, FiniteFloat] | None = None
    """How much of the pot is each seat's due, in reward. None where coalition values are stated."""
    reason: str = Field(default="", max_length=MAX_SPEECH)
    """Why it believes that, in its own words."""
