"""The market of work items: who takes which, at which price, and what terms are worth to a seat.

Each seat asks for what it costs it and its Shapley value, in equal parts for its items. The first
seat, which the game pays, buys them. The price of an item is due if the seat delivers it, so it is
the part over the chance of that. Where the chance is below one half the price is twice the part,
and what is missing is a share of the reward that comes whatever happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from shapley_coop.records import (
    TOLERANCE,
    Always,
    Clause,
    Outcome,
    Seat,
    Terms,
)
from swe_sim.tasks import Item
from swe_sim.team.game import VALUE
from swe_sim.team.items import Acceptance, item_outcome, takers
from swe_sim.workers.closed_form import ClosedForm
from swe_sim.workers.delivery import Deliveries
from swe_sim.workers.skills import portions

LEAST_CHANCE = 0.5
"""A price is raised for the risk as if an item was delivered at least this often."""


class Price(NamedTuple):
    """What an item costs if the seat that takes it delivers it."""

    item: Item
    seat: Seat
    part: float
    """What the seat is to have for it on the average, in reward."""
    chance: float
    """How likely the seat delivers it."""

    @property
    def amount(self) -> float:
        """The price, in reward."""
        return self.part / max(self.chance, LEAST_CHANCE)

    @property
    def shortfall(self) -> float:
        """What the price falls short of the part on the average, in reward."""
        return self.part - self.chance * self.amount


class Market:
    """The work items of a team of rule workers, with who takes them and what they cost."""

    def __init__(self, form: ClosedForm, accepting: Acceptance) -> None:
        self.form = form
        self.deliveries = Deliveries(form, accepting)
        self._by_outcome = {
            item_outcome(item, seat): (item, seat)
            for item in form.task.items
            for seat in takers(item, form.seats)
        }

    @cached_property
    def income(self) -> float:
        """What the game pays the first seat on the average, in reward."""
        seats = self.form.seats
        own_turns = self.form.turns_of(self.form.lead, seats)
        return VALUE * self.form.pass_rate(seats) - self.form.cost * own_turns

    @cached_property
    def asks(self) -> Mapping[Seat, float]:
        """What each seat but the first asks for its work, in reward: its value and its cost."""
        form = self.form
        asks: dict[Seat, float] = {}
        for seat, value in form.shapley().items():
            cost = form.cost * form.turns_of(seat, form.seats)
            if seat != form.lead:
                asks[seat] = max(0.0, value + cost)
        total = sum(asks.values())
        # Nobody can sell what nobody can pay.
        scale = min(1.0, max(0.0, self.income) / total) if total > 0 else 0.0
        return {seat: ask * scale for seat, ask in asks.items()}

    def items_of(self, seat: Seat) -> list[Item]:
        """Return the items that a seat takes, which are those that its rule does."""
        own: set[str] = set()
        for part in portions(self.form.task, self.form.seats, self.form.skills):
            if part.seat == seat:
                own |= set(part.files)
        items = []
        for item in self.form.task.items:
            # Of those who can write the document, rule workers leave it to the CPO.
            is_left = item.skill == "document" and not seat.startswith("cpo")
            if seat not in takers(item, (seat,)) or is_left:
                continue
            if not item.path or item.path in own:
                items.append(item)
        return items

    @cached_property
    def prices(self) -> tuple[Price, ...]:
        """The price of every item that the first seat buys."""
        prices = []
        for seat, ask in self.asks.items():
            items = self.items_of(seat)
            for item in items:
                chance = self.deliveries.chance(item, seat)
                prices.append(Price(item, seat, ask / len(items), chance))
        return tuple(prices)

    def terms(self) -> Terms | None:
        """Return the contract of all prices, or None if nobody is to be paid."""
        lead = self.form.lead
        clauses = []
        shares = dict(self.asks)
        for price in self.prices:
            shares[price.seat] -= price.chance * price.amount
            if price.amount > TOLERANCE:
                condition = Outcome(outcome=item_outcome(price.item, price.seat))
                clauses.append(
                    Clause(
                        payer=lead,
                        payee=price.seat,
                        price=price.amount,
                        condition=condition,
                    )
                )
        for seat, missing in shares.items():
            if missing > TOLERANCE:
                share = min(1.0, missing / self.income)
                clauses.append(
                    Clause(payer=lead, payee=seat, price=share, unit="share")
                )
        return Terms(clauses=tuple(clauses)) if clauses else None

    def is_fair(self, terms: Terms, seat: Seat) -> bool:
        """Return whether terms of clauses leave a seat what it asks for, on the average."""
        due = self.asks.get(seat, self.income - sum(self.asks.values()))
        kept = self.income if seat == self.form.lead else 0.0
        for clause in terms.clauses:
            if clause.payer == seat:
                kept -= self._worth(clause, is_paid=False)
            elif clause.payee == seat:
                kept += self._worth(clause, is_paid=True)
        return kept >= due - TOLERANCE

    def _worth(self, clause: Clause, *, is_paid: bool) -> float:
        """Return what a clause moves on the average, or the worst of it where nobody can tell."""
        amount = clause.price
        if clause.unit == "share":
            amount *= max(0.0, self.income) if clause.payer == self.form.lead else 0.0
        condition = clause.condition
        if isinstance(condition, Always):
            return amount
        if clause.unit == "reward" and isinstance(condition, Outcome):
            item, seat = self._by_outcome.get(condition.outcome, (None, ""))
            if item is not None and item in self.items_of(seat):
                chance = self.deliveries.chance(item, seat)
                return amount * (1 - chance if condition.unless else chance)
        return 0.0 if is_paid else amount
