"""What happened: steps, payments, breaches, spending, and the episode that holds them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import (
    Field,
    FiniteFloat,
    SerializerFunctionWrapHandler,
    model_serializer,
)

from shapley_coop.records.base import (
    Facts,
    Record,
    Seat,
    Status,
    TransferReason,
)
from shapley_coop.records.checks import Attainable, Checks
from shapley_coop.records.deeds import join_text
from shapley_coop.records.html import frame, html_list, html_table
from shapley_coop.records.measured import Credit, SeatCredit
from shapley_coop.records.moves import Beliefs
from shapley_coop.records.terms import Clause, Contract
from shapley_coop.records.words import clean, count_text, number


class Step(Record):
    """One step of a game: what every seat did and what it was paid by the game."""

    actions: dict[Seat, str]
    """What each seat did."""
    rewards: dict[Seat, FiniteFloat]
    """What the game paid each seat for it."""
    texts: dict[Seat, str] = Field(default_factory=dict)
    """What seats wrote with their actions. Empty in games whose actions take no text."""

    @property
    def deeds(self) -> dict[Seat, str]:
        """What each seat did, with its text: all that the game needs to take the step again."""
        if not self.texts:
            return self.actions
        return {
            seat: join_text(action, self.texts.get(seat))
            for seat, action in self.actions.items()
        }

    @model_serializer(mode="wrap")
    def _without_empty_texts(self, dump: SerializerFunctionWrapHandler) -> Any:
        # Records of games without texts look as they did before there were any.
        fields = dump(self)
        if not self.texts:
            fields.pop("texts", None)
        return fields


def without_texts(steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return steps as seats see them that may not read all that was written."""
    return tuple(
        step.model_copy(update={"texts": {}}) if step.texts else step for step in steps
    )


class Transfer(Record):
    """One settled payment in integer micro-units."""

    payer: Seat
    payee: Seat
    micro: int = Field(gt=0)
    """The amount in millionths of a reward."""
    reason: TransferReason
    """A clause that was due, a deposit that was lost, or a division of the pot."""


class Breach(Record):
    """A promise of a signed contract that its seat did not keep."""

    seat: Seat
    """Who broke the promise."""
    clause: Clause
    """The clause that held the promise."""
    broken: Literal["action", "payment"]
    """Whether an action or a payment is missing."""


class Spend(Record):
    """What one seat's calls of one purpose to one model came to."""

    seat: Seat
    purpose: str
    """What the answers were for, such as `act` or `negotiate`."""
    model: str
    """The name of the model as the endpoint knows it."""
    calls: int = 0
    """Answers that were used."""
    sent: int = 0
    """Times that a request was sent for them, repeats included."""
    prompt: int = 0
    """Tokens sent."""
    completion: int = 0
    """Tokens answered."""
    cost: float | None = None
    """US dollars. None means that a price or a count of tokens is not known."""
    at_most: float | None = None
    """The most US dollars that it can have been. None means that the price is not known."""
    uncounted: int = 0
    """Answers whose tokens the endpoint did not count. They stand at the most that they can be."""
    answered_by: tuple[str, ...] = ()
    """Models that answered by the endpoint's word, where that is not the one asked."""


class Episode(Record):
    """One play of a game under one seed: the unit of resume."""

    # What was played.
    index: int
    """Its number in the run, from 0."""
    seed: int
    """The seed of the game's dice."""
    status: Status = "done"
    """Whether it was played to its end, broke, or met a limit."""
    error: str = ""
    """What broke, or which limit was met."""
    seats: tuple[Seat, ...]
    steps: tuple[Step, ...] = ()
    """What was done, in order."""
    outcomes: tuple[str, ...] = ()
    """The named outcomes that the game ended with."""
    success: bool = False
    """Whether the game's goal was reached."""
    # What was said and signed.
    beliefs: dict[Seat, Beliefs] = Field(default_factory=dict)
    """What each seat said that coalitions are worth."""
    contracts: tuple[Contract, ...] = ()
    """Offers that everybody who is bound by them has signed."""
    division: Contract | None = None
    """How the pot was divided after play, if that was agreed."""
    arbitrated: bool = False
    """A table died under a protocol whose arbiter then divided the pot by credit as played."""
    # What was paid, and whether every promise was kept.
    raw: dict[Seat, float] = Field(default_factory=dict)
    """What the game paid each seat."""
    payoffs: dict[Seat, float] = Field(default_factory=dict)
    """What each seat holds after settlement."""
    transfers: tuple[Transfer, ...] = ()
    """Payments between seats."""
    breaches: tuple[Breach, ...] = ()
    """Promises that were not kept."""
    ledger_residual: int = 0
    """Micro-units that were gained or lost on the way. It is always 0."""
    rounds: int = 0
    """Rounds of talk before play: those in which some seat spoke, offered or answered."""
    split_rounds: int = 0
    """Rounds of talk after play."""
    silent_rounds: int = 0
    """Rounds of either in which every seat waited or forfeited its turn. Older records count them
    as rounds of talk."""
    forfeits: dict[Seat, int] = Field(default_factory=dict)
    """Turns that each seat lost because no answer of its could be used."""
    decisions: int = 0
    """Turns that seats were to decide."""
    chance: bool | None = None
    """Whether dice, a model or a person had a say, so that it might have gone otherwise. None if
    that was not recorded."""
    events: int = 0
    """How many events of it were written. The run folder fills it in, and resume checks it."""
    # What is measured of it afterwards.
    credit: Credit | None = None
    columns: dict[Seat, SeatCredit] = Field(default_factory=dict)
    """What each seat claimed, was promised and contributed."""
    checks: Checks | None = None
    """What the agreement stands up to."""
    attainable: Attainable | None = None
    """What agreements can reach in this game under this protocol, whatever was played. None in
    records that do not tell."""
    contributions: dict[Seat, float] | None = None
    """The game's own figures of what each seat contributed. None if it keeps none."""
    aftermath: Facts | None = None
    """What the game itself keeps of the play. None if it keeps nothing."""
    myerson: Credit | None = None
    """Credit if only linked seats work together. None if the game has no links."""
    # What it cost.
    calls: int = 0
    """Model calls."""
    tokens: int = 0
    """Tokens of these calls."""
    spend: tuple[Spend, ...] = ()
    """The same by seat, purpose and model."""
    seconds: float = 0.0
    """Wall time."""

    def _repr_html_(self) -> str:
        goal = "reached its goal" if self.success else "did not reach its goal"
        facts = [
            f"episode {self.index}, seed {self.seed}, {self.status}: {goal}",
            f"{count_text(len(self.steps), 'step')}, "
            f"{count_text(len(self.contracts), 'signed contract')}, "
            f"{count_text(len(self.transfers), 'payment')}, "
            f"{count_text(len(self.breaches), 'breach', 'breaches')}",
        ]
        if self.error:
            facts.append(clean(self.error))
        rows = []
        for seat in self.seats:
            column = self.columns.get(seat, SeatCredit())
            figures = (
                self.raw.get(seat),
                self.payoffs.get(seat),
                column.claimed,
                column.agreed,
                column.measured,
            )
            rows.append((clean(seat), *map(number, figures)))
        heads = ("seat", "the game paid", "holds", "claimed", "agreed", "measured")
        return frame(html_list(facts) + html_table(heads, rows))
