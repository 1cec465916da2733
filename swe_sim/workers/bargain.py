"""How rule workers bargain: each asks for its Shapley value, which they know in closed form."""

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
    Always,
    Beliefs,
    Clause,
    Counter,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
    Wait,
)
from swe_sim.workers.closed_form import ClosedForm

REASON = "stated skills and measured faults"


class Bargain:
    """What a seat believes, offers and signs."""

    def __init__(self, form: ClosedForm, seat: Seat) -> None:
        self.form = form
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
        # What is signed already gives each its part of what is paid in the end.
        if table is None or (view.contracts and table.phase != "split"):
            return self._decline(table)
        if table.standing is not None and "accept" in table.legal:
            if self._is_fair(table.standing.terms):
                return Accept(offer=table.standing.id)
            terms = self._terms(view, table)
            return Counter(terms=terms) if terms else Reject()
        terms = self._terms(view, table) if "propose" in table.legal else None
        return Propose(terms=terms) if terms else Wait()

    def _decline(self, table: TableView | None) -> Move:
        if table is not None and table.standing is not None and "reject" in table.legal:
            return Reject()
        return Wait()

    def parts(self) -> dict[Seat, float]:
        """Return each seat's part of what the team is paid, by its Shapley value."""
        due = {seat: max(0.0, value) for seat, value in self.form.shapley().items()}
        total = sum(due.values())
        if total <= 0:
            return dict.fromkeys(due, 1 / len(due))
        return {seat: value / total for seat, value in due.items()}

    def _terms(self, view: View, table: TableView) -> Terms | None:
        if table.has_offer_of(self.seat):
            return None
        parts = self.parts()
        if table.phase == "split":
            pot = sum(view.payoffs.values())
            return share_terms({seat: part * pot for seat, part in parts.items()}, pot)
        clauses = [
            Clause(
                payer=self.form.lead,
                payee=seat,
                price=part,
                unit="share",
                condition=Always(),
            )
            for seat, part in parts.items()
            if seat != self.form.lead and part > TOLERANCE
        ]
        return Terms(clauses=tuple(clauses)) if clauses else None

    def _is_fair(self, terms: Terms) -> bool:
        """Return whether terms leave this seat its part of what is paid."""
        due = self.parts().get(self.seat, 0.0)
        if terms.shares is not None:
            return terms.shares.get(self.seat, 0.0) >= due - TOLERANCE
        kept = 1.0 if self.seat == self.form.lead else 0.0
        for clause in terms.clauses:
            is_share = clause.unit == "share" and clause.payer == self.form.lead
            if clause.payer == self.seat and not is_share:
                return False
            if not is_share or self.seat not in (clause.payer, clause.payee):
                continue
            pays = clause.payer == self.seat
            # A payment to this seat counts only if it comes whatever happens.
            if pays or isinstance(clause.condition, Always):
                kept += -clause.price if pays else clause.price
        return kept >= due - TOLERANCE
