"""How rule workers bargain: they price work items so that each seat has its Shapley value."""

from __future__ import annotations

from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.interfaces.deals.beliefs import (
    beliefs_from,
    beliefs_in_shares,
    effect,
)
from shapley_coop.interfaces.deals.pricing import share_terms
from shapley_coop.records import (
    TOLERANCE,
    Accept,
    Beliefs,
    Counter,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)
from swe_sim.workers.market import Market

REASON = "stated skills and measured faults"


class Bargain:
    """What a seat believes, offers and signs."""

    def __init__(self, market: Market, seat: Seat) -> None:
        self.market = market
        self.form = market.form
        self.seat = seat

    def beliefs(self, view: View) -> Beliefs:
        """Return what coalitions are worth, or of many seats what each seat is due."""
        everyone = frozenset(self.form.seats)
        whole = self.form.value(everyone)
        if view.shares_of:
            due = self.form.shapley()
            shares = {seat: due.get(seat, 0.0) for seat in view.shares_of}
            added = effect(whole, self.form.value(everyone - {self.seat}))
            return beliefs_in_shares(shares, REASON, externality=added)
        values = {
            label: self.form.value(everyone & set(members))
            for label, members in view.coalitions.items()
        }
        return beliefs_from(values, self.seat, REASON)

    def move(self, view: View) -> Move:
        """Return a move at a table: sign what gives this seat its part, else offer it once."""
        table = view.table
        # Who has signed prices of items has them: they are not priced twice.
        if table is None or (view.contracts and table.phase != "split"):
            return self._decline(table)
        if table.standing is not None and "accept" in table.legal:
            if self._is_fair(table.standing.terms, view):
                return Accept(offer=table.standing.id)
            terms = self._terms(view, table)
            return Counter(terms=terms) if terms else Reject()
        terms = self._terms(view, table) if "propose" in table.legal else None
        return Propose(terms=terms) if terms else Wait()

    def _decline(self, table: TableView | None) -> Move:
        if table is not None and table.standing is not None and "reject" in table.legal:
            return Reject()
        return Wait()

    def parts(self, view: View) -> dict[Seat, float]:
        """Return what each seat is to hold of the pot after play, in reward.

        What was signed before play stands, so that nobody is paid for what it did not deliver. If
        nothing was, the pot is divided by Shapley values.
        """
        if view.contracts:
            return dict(view.payoffs)
        pot = sum(view.payoffs.values())
        due = {seat: max(0.0, value) for seat, value in self.form.shapley().items()}
        total = sum(due.values())
        if total <= 0:
            return dict.fromkeys(due, pot / len(due))
        return {seat: pot * value / total for seat, value in due.items()}

    def _terms(self, view: View, table: TableView) -> Terms | None:
        if table.has_offer_of(self.seat):
            return None
        if table.phase == "split":
            return share_terms(self.parts(view), sum(view.payoffs.values()))
        return self.market.terms()

    def _is_fair(self, terms: Terms, view: View) -> bool:
        """Return whether terms leave this seat its part of what is paid."""
        if terms.shares is None:
            return self.market.is_fair(terms, self.seat)
        pot = sum(view.payoffs.values())
        due = self.parts(view).get(self.seat, 0.0)
        return terms.shares.get(self.seat, 0.0) * pot >= due - TOLERANCE
