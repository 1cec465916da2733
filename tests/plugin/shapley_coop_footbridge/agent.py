"""The agent of the plug-in: it trades one plank for a payment, keeps its word, and lays planks."""

from __future__ import annotations

from typing import ClassVar

from shapley_coop.interfaces.agent import Place, View
from shapley_coop.interfaces.deals.beliefs import beliefs_from, beliefs_in_shares
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Does,
    Move,
    Propose,
    Terms,
    Wait,
)

PRICE = 0.5


class Villager:
    """Offers its neighbour half a point for a plank, signs every offer, and always lays one."""

    needs_model: ClassVar[bool] = False

    def __init__(self, place: Place) -> None:
        self.place = place

    async def believe(self, view: View) -> Beliefs | None:
        """State that each villager adds two points to any coalition."""
        reason = "a plank costs one of three points"
        # Of more than four seats, their shares are stated in the place of coalition values.
        if view.shares_of:
            shares = dict.fromkeys(view.shares_of, 2.0)
            return beliefs_in_shares(shares, reason, externality="positive")
        values = {label: 2.0 * len(seats) for label, seats in view.coalitions.items()}
        return beliefs_from(values, self.place.seat, reason)

    async def negotiate(self, view: View) -> Move | None:
        """Sign the standing offer, or make one before play."""
        table = view.table
        # None is a forfeit. To wait is a move.
        if table is None:
            return None
        if table.standing is not None and "accept" in table.legal:
            return Accept(offer=table.standing.id)
        if table.phase != "task" or "propose" not in table.legal:
            return Wait()
        neighbour = next(seat for seat in view.seats if seat != view.seat)
        lays = Does(seat=neighbour, action="lay", step=view.step)
        clause = Clause(payer=view.seat, payee=neighbour, price=PRICE, condition=lays)
        return Propose(terms=Terms(clauses=(clause,)))

    async def act(self, view: View) -> str | None:
        """Lay a plank."""
        return "lay" if "lay" in view.actions else view.actions[0]
