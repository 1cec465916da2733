"""Agents that follow a rule: they need no key, and a study compares other agents with them."""

from __future__ import annotations

from typing import ClassVar

from shapley_coop.agents.rules.base import RuleAgent
from shapley_coop.interfaces.agent import Act, View
from shapley_coop.negotiation.ledger import promises
from shapley_coop.records import Terms


class Selfish(RuleAgent):
    """Takes what pays it more than its outside option, and offers nothing."""

    keeps_word: ClassVar[bool] = False


class FreeRider(RuleAgent):
    """Signs only what costs it nothing and asks nothing of it."""

    def objection(self, view: View, terms: Terms) -> str:
        """Return what the terms charge this seat or ask of it."""
        if terms.shares is not None:
            return super().objection(view, terms)
        for clause in terms.clauses:
            if clause.payer == self.seat:
                return "it may charge me"
        asks = {promise.deed.seat for promise in promises(terms.clauses)}
        if self.seat in asks | set(terms.plan):
            return "it asks something of me"
        return ""


class Breaker(RuleAgent):
    """Signs anything, then plays as if it had not, and pays nothing that nobody enforces."""

    keeps_word: ClassVar[bool] = False

    def objection(self, view: View, terms: Terms) -> str:
        """Object to nothing."""
        return ""

    async def act(self, view: View) -> Act | None:
        """Play the secure action, whatever was promised."""
        self._catch_up(view)
        return self.economy.security(self.seat).action


class HalfBreaker(Breaker):
    """Signs anything, keeps the first step of what it signed, then plays as if it had not."""

    async def act(self, view: View) -> Act | None:
        """Best respond to what is signed in the first step that it covers."""
        first = {contract.step for contract in view.contracts}
        if view.step in first:
            return await RuleAgent.act(self, view)
        return await super().act(view)
