"""A seat that decides in no time: it offers once, accepts what stands and plays to plan."""

from __future__ import annotations

from typing import ClassVar

from shapley_coop.interfaces.agent import Place, View
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

PROMISED, TAKEN = "lever", "door"


class Scripted:
    """Plays the paper's Escape Room by heart, so that what is timed is the engine."""

    needs_model: ClassVar[bool] = False

    def __init__(self, place: Place) -> None:
        self.seat = place.seat

    async def believe(self, view: View) -> Beliefs | None:
        """State the same beliefs always."""
        if view.shares_of:
            shares = dict.fromkeys(view.shares_of, 9.0 / len(view.shares_of))
            return Beliefs(pot=9.0, externality="positive", shares=shares)
        values = dict.fromkeys(view.coalitions, 0.0) | {"everyone": 9.0}
        return Beliefs(pot=9.0, externality="positive", values=values)

    async def negotiate(self, view: View) -> Move | None:
        """Offer 5.5 for the lever, or an equal division. Accept what stands."""
        table = view.table
        if table is None or table.standing is not None:
            return (
                Accept(offer=table.standing.id) if table and table.standing else Wait()
            )
        if table.phase == "split":
            return Propose(
                terms=Terms(shares=dict.fromkeys(view.seats, 1 / len(view.seats)))
            )
        payer, payee = view.seats[:2]
        promise = Does(seat=payee, action=PROMISED, step=view.step)
        return Propose(
            terms=Terms(
                clauses=(
                    Clause(payer=payer, payee=payee, price=5.5, condition=promise),
                )
            )
        )

    async def act(self, view: View) -> str | None:
        """Keep the promise."""
        return TAKEN if self.seat == view.seats[0] else PROMISED
