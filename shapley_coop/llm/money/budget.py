"""What a run may spend: the worst case is set aside before a call and replaced after it."""

from __future__ import annotations

import asyncio

from shapley_coop.config.sections import Limits
from shapley_coop.errors import LimitReached
from shapley_coop.llm.money.amounts import Spent


class Budget:
    """The limits of a run and what was spent of them, over all its sessions."""

    def __init__(self, limits: Limits, spent: Spent | None = None) -> None:
        self.limits = limits
        self.spent = spent or Spent()
        self._held = Spent()
        self._freed = asyncio.Event()

    async def reserve(self, need: Spent) -> None:
        """Set an amount aside, waiting while calls under way may still give some back.

        Raises:
            LimitReached: it does not fit, and nothing is under way.
        """
        while reason := self._over(need):
            if self._held.calls == 0:
                raise LimitReached(reason)
            self._freed.clear()
            await self._freed.wait()
        self._held.add(need)

    def settle(self, held: Spent, used: Spent) -> None:
        """Give back what was set aside and count what was used."""
        self._held.add(held, -1)
        self.spent.add(used)
        self._freed.set()

    def _over(self, need: Spent) -> str:
        limits, spent, held = self.limits, self.spent, self._held
        cost = spent.cost + spent.uncertain
        for name, limit, used, under_way, wanted in (
            ("calls", limits.calls, spent.calls, held.calls, need.calls),
            ("tokens", limits.tokens, spent.tokens, held.tokens, need.tokens),
            ("cost", limits.cost, cost, held.cost, need.cost),
        ):
            if limit is not None and used + under_way + wanted > limit * (1 + 1e-12):
                return (
                    f"limits.{name} = {limit:g} is reached: {used:g} spent, and the next call may "
                    f"need {wanted:g}; raise it with --max-{name} and resume the run, or "
                    "give the report again"
                )
        return ""
