"""What is agreed: conditions, clauses, offers and the contracts that seats sign."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    FiniteFloat,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from shapley_coop.records.base import (
    MAX_SPEECH,
    MOST_OWED,
    Coalition,
    Line,
    Record,
    Seat,
)

# Shares that somebody wrote with six digits may miss 1 by their rounding.
SHARE_ROUNDING = 1e-6
"""By how much the shares of a pot may miss 1."""


class Always(Record):
    """Holds whatever happens."""

    when: Literal["always"] = "always"


class Does(Record):
    """Holds if `seat` takes `action` at `step`, or with `unless` if it does not."""

    when: Literal["does"] = "does"
    seat: Seat
    action: str
    step: int = Field(default=0, ge=0)
    unless: bool = False


class AtLeast(Record):
    """Holds if `seat` takes `action` at least `times` times, or with `unless` if it does not."""

    when: Literal["at-least"] = "at-least"
    seat: Seat
    action: str
    times: int = Field(ge=1)
    unless: bool = False


class Outcome(Record):
    """Holds if the game ends with `outcome`, or with `unless` if it does not."""

    when: Literal["outcome"] = "outcome"
    outcome: str
    unless: bool = False


class Keeps(Record):
    """Holds if `seat` keeps its part of the plan in the terms, or with `unless` if it does not.

    The plan is kept until somebody breaks it. Only who breaks it first, at the same step, has not
    kept it: a plan that others have broken binds nobody any longer.
    """

    when: Literal["keeps"] = "keeps"
    seat: Seat | None = None
    """Whose part counts. None means that everybody has to keep the plan to the end."""
    unless: bool = False


Condition = Annotated[
    Always | Does | AtLeast | Outcome | Keeps, Field(discriminator="when")
]


class Clause(Record):
    """`payer` owes `payee` the price if the condition holds.

    The price is an amount of reward, or a share in [0, 1] of what the game pays the payer from the
    signing step on. A share of a loss is nothing, so a clause never makes the payee pay.
    """

    payer: Seat
    """Who pays."""
    payee: Seat
    """Who is paid."""
    price: FiniteFloat = Field(ge=0, le=MOST_OWED)
    """How much is paid."""
    unit: Literal["reward", "share"] = "reward"
    """Whether the price is an amount or a share."""
    condition: Condition = Always()
    """When it is due."""

    @model_validator(mode="after")
    def _sane(self) -> Clause:
        if self.payer == self.payee:
            raise ValueError(
                f"payer and payee are both {self.payer!r}; a clause needs two seats"
            )
        if self.unit == "share" and self.price > 1:
            raise ValueError(
                f"a share is at most 1, got {self.price}; 55 percent is 0.55"
            )
        return self

    @property
    def seats(self) -> Coalition:
        """Seats that the clause binds: both sides and the one whose action it names."""
        seats = {self.payer, self.payee}
        # A third seat that is to act must sign too: it may want something for it.
        if isinstance(self.condition, Does | AtLeast):
            seats.add(self.condition.seat)
        if isinstance(self.condition, Keeps) and self.condition.seat is not None:
            seats.add(self.condition.seat)
        return frozenset(seats)


class Terms(Record):
    """What an offer says: clauses, or a division of the pot into shares that sum to one."""

    clauses: tuple[Clause, ...] = ()
    """Promises to pay."""
    shares: dict[Seat, FiniteFloat] | None = None
    """The share of each seat, for a division of the pot."""
    plan: dict[Seat, Line] = Field(default_factory=dict)
    """What each seat is to do from the signing step on, which conditions may name as the plan."""

    @model_validator(mode="after")
    def _sane(self) -> Terms:
        for clause in self.clauses:
            condition = clause.condition
            if not isinstance(condition, Keeps):
                continue
            if not self.plan or condition.seat not in (None, *self.plan):
                raise ValueError(
                    f"a clause hangs on {condition.seat or 'all'} keeping a plan; the plan has "
                    f"parts for {sorted(self.plan) or 'nobody'}"
                )
        if self.shares is None:
            return self
        if any(share < 0 for share in self.shares.values()):
            raise ValueError(f"shares of the pot are never negative, got {self.shares}")
        total = sum(self.shares.values())
        if abs(total - 1) > SHARE_ROUNDING:
            raise ValueError(f"shares of the pot sum to 1, got {total:g}")
        return self

    @property
    def seats(self) -> Coalition:
        """Seats that the terms bind."""
        bound = frozenset(self.shares or ()) | frozenset(self.plan)
        return bound.union(*(clause.seats for clause in self.clauses))

    @model_serializer(mode="wrap")
    def _without_an_empty_plan(
        self, handler: SerializerFunctionWrapHandler
    ) -> dict[str, Any]:
        # Most terms have no plan, and those are written as they ever were.
        data: dict[str, Any] = handler(self)
        if not self.plan:
            data.pop("plan", None)
        return data


class Offer(Record):
    """Terms with an author, a round and a rationale."""

    id: int
    """Its number at the table, by which seats accept it."""
    author: Seat
    """Who made it."""
    round: int
    """The round in which it was made."""
    terms: Terms
    """What it says."""
    rationale: str = Field(default="", max_length=MAX_SPEECH)
    """What its author said with it."""


class Contract(Record):
    """An offer signed by every seat that it binds, in force from `step` on."""

    offer: Offer
    """What was signed."""
    signatures: tuple[Seat, ...]
    """Who signed it."""
    step: int = 0
    """The first step that it covers."""

    # Checked wherever a contract is made, so that no other code has to ask again.
    @model_validator(mode="after")
    def _signed(self) -> Contract:
        missing = self.offer.terms.seats - set(self.signatures)
        if missing:
            raise ValueError(f"no contract without the signature of {sorted(missing)}")
        return self
