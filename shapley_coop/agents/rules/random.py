"""An agent that draws every move."""

from __future__ import annotations

from shapley_coop.agents.rules.base import RuleAgent
from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.interfaces.agent import View
from shapley_coop.interfaces.game import Game
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Counter,
    Does,
    Halt,
    Intend,
    Move,
    Propose,
    Reject,
    Terms,
    Wait,
)


class Random(RuleAgent):
    """Draws every decision from its own generator."""

    @classmethod
    def check_game(cls, game: Game, protocol: NegotiationProtocol) -> None:
        """Accept every game: draws need nothing of it."""

    async def believe(self, view: View) -> Beliefs | None:
        """State random coalition values, or random shares."""
        # Values that no game could have show whether anything trusts what seats state.
        values = {name: float(self.rng.normal()) for name in view.coalitions}
        shares = {seat: float(self.rng.normal()) for seat in view.shares_of}
        return Beliefs(
            pot=float(self.rng.normal()),
            externality="none",
            values=values,
            shares=shares or None,
        )

    async def negotiate(self, view: View) -> Move | None:
        """Make a random legal move."""
        table = view.table
        kind = str(self.rng.choice(table.legal)) if table else "wait"
        if kind in ("propose", "counter"):
            terms = self._random_terms(view)
            return Propose(terms=terms) if kind == "propose" else Counter(terms=terms)
        if kind == "accept" and table and table.standing:
            return Accept(offer=table.standing.id)
        if kind == "reject":
            return Reject()
        if kind == "intend":
            return Intend(action=str(self.rng.choice(view.actions)))
        return Halt() if kind == "halt" else Wait()

    async def honours(self, view: View) -> bool | None:
        """Toss a coin."""
        return bool(self.rng.integers(2))

    async def act(self, view: View) -> str | None:
        """Take a random legal action."""
        return str(self.rng.choice(view.actions))

    def _random_terms(self, view: View) -> Terms:
        if view.table is not None and view.table.phase == "split":
            # Every division of the pot is as likely as any other.
            parts = self.rng.dirichlet([1.0] * len(view.seats)).tolist()
            return Terms(shares=dict(zip(view.seats, parts, strict=True)))
        order = self.rng.permutation(view.seats)
        payer, payee = order[:2].tolist()
        action = str(self.rng.choice(self.economy.game.actions))
        promise = Does(
            seat=payee,
            action=action,
            step=view.step,
        )
        price = round(float(self.rng.uniform(0, 10)), 2)
        return Terms(
            clauses=(
                Clause(
                    payer=payer,
                    payee=payee,
                    price=price,
                    condition=promise,
                ),
            )
        )
