"""What a run may spend: the worst case is set aside before a call and replaced after it."""

from __future__ import annotations

import asyncio

from shapley_coop.config.sections import Limits
from shapley_coop.errors import LimitReached
from shapley_coop.llm.money.amounts import Amount

ROUNDING = 1e-12
"""Share of a limit by which a sum of dollars may exceed it through rounding alone."""


class Budget:
    """The limits of a run and what was spent of them, over all the times that it was resumed."""

    def __init__(self, limits: Limits, spending: Amount | None = None) -> None:
        self.limits = limits
        self.spending = spending or Amount()
        self._reserved = Amount()
        self._change = asyncio.Event()

    async def reserve(self, need: Amount) -> None:
        """Set an amount aside, waiting while calls under way may still give some back.

        Raises:
            LimitReached: the amount does not fit, and no call is under way.
        """
        while excess := self._excess(need):
            # A call under way has its worst case set aside, and most calls come to much less.
            if self._reserved.calls == 0:
                raise excess
            self._change.clear()
            await self._change.wait()
        self._reserved.add(need)

    def settle(self, reservation: Amount, use: Amount) -> None:
        """Give back what was set aside and count what was used."""
        self._reserved.add(reservation, -1)
        self.spending.add(use)
        self._change.set()

    def _excess(self, need: Amount) -> LimitReached | None:
        """Return the error of the first limit that an amount does not fit in, or None."""
        limits = self.limits
        spending = self.spending
        reserved = self._reserved
        # What may have been billed counts as spent, so that no end of a call exceeds a limit.
        dollars = spending.cost + spending.uncertain
        rows = (
            ("calls", limits.calls, spending.calls, reserved.calls, need.calls),
            ("tokens", limits.tokens, spending.tokens, reserved.tokens, need.tokens),
            ("cost", limits.cost, dollars, reserved.cost, need.cost),
        )
        for name, limit, spent, under_way, wanted in rows:
            if limit is None:
                continue
            if spent + under_way + wanted > limit * (1 + ROUNDING):
                return LimitReached(
                    f"limits.{name} = {limit:g} is reached: {spent:g} spent, and the next "
                    f"call may need {wanted:g}; raise the limit and resume the run, or "
                    "ask for the report again",
                    field=f"limits.{name}",
                )
        return None
