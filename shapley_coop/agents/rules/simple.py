"""Agents that follow a rule: they need no key, and a study compares other agents with them."""

from __future__ import annotations

from shapley_coop.agents.rules.base import RuleAgent
from shapley_coop.interfaces.agent import View
from shapley_coop.records import AtLeast, Does, Terms


class Selfish(RuleAgent):
    """Takes what pays it more than its outside option, and offers nothing."""


class FreeRider(RuleAgent):
    """Signs only what costs it nothing and asks nothing of it."""

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether the terms neither charge this seat nor name an action of it."""
        if terms.shares is not None:
            return super().agrees(view, terms)
        for clause in terms.clauses:
            condition = clause.condition
            names_own_action = (
                isinstance(condition, Does | AtLeast) and condition.seat == self.seat
            )
            if clause.payer == self.seat or names_own_action:
                return False
        return self.seat not in terms.plan


class Breaker(RuleAgent):
    """Signs anything, then plays as if it had not."""

    def agrees(self, view: View, terms: Terms) -> bool:
        """Sign."""
        return True

    async def act(self, view: View) -> str | None:
        """Play the secure action, whatever was promised."""
        self.economy.catch_up(view.steps)
        return self.economy.security(self.seat).action


class HalfBreaker(Breaker):
    """Signs anything, keeps the first step of what it signed, then plays as if it had not."""

    async def act(self, view: View) -> str | None:
        """Best respond to what is signed in the first step that it covers."""
        first = {contract.step for contract in view.contracts}
        if view.step in first:
            return await RuleAgent.act(self, view)
        return await super().act(view)
