"""Agents that follow a rule: they make every run possible with no key, and are a study's foils."""

from __future__ import annotations

from shapley_coop.agents.rules.base import RuleAgent
from shapley_coop.interfaces.agent import View
from shapley_coop.records import (
    Does,
    Terms,
)


class Selfish(RuleAgent):
    """Takes what pays it more than its outside option; offers nothing."""


class FreeRider(RuleAgent):
    """Signs only what costs it nothing and asks nothing of it."""

    def agrees(self, view: View, terms: Terms) -> bool:
        """Whether the terms neither charge this seat nor name an action of it."""
        if terms.shares is not None:
            return super().agrees(view, terms)
        return not any(
            clause.payer == self.seat
            or (
                isinstance(clause.condition, Does)
                and clause.condition.seat == self.seat
            )
            for clause in terms.clauses
        )


class Breaker(RuleAgent):
    """Signs anything, then plays as if it had not."""

    def agrees(self, view: View, terms: Terms) -> bool:
        """Sign."""
        return True

    async def act(self, view: View) -> str | None:
        """Play the secure action, whatever was promised."""
        self.economy.catch_up(view.steps)
        return self.economy.security(self.seat).action
