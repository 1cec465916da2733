"""What a run may spend: the worst case is set aside before a call and replaced after it."""

from __future__ import annotations

import asyncio

from shapley_coop.config.sections import Limits
from shapley_coop.errors import LimitReached
from shapley_coop.llm.money.amounts import Amount

ROUNDING = 1e-12
"""Share of a limit by which a sum of dollars may exceed it through rounding alone."""


REMEDY = "raise the limit and resume the run, or ask for the report again"


class Purse:
    """Limits, what was spent of them, and what is set aside for calls under way.

    Args:
        limits: what may be spent.
        spending: what was spent before.
        remedy: what to do once a limit is met.
    """

    def __init__(
        self, limits: Limits, spending: Amount | None = None, *, remedy: str = REMEDY
    ) -> None:
        self.limits = limits
        self.remedy = remedy
        self.spending = spending or Amount()
        self.reserved = Amount()
        self.change = asyncio.Event()
        """Set whenever something was given back."""

    def settle(self, reservation: Amount, use: Amount) -> None:
        """Give back what was set aside and count what was used."""
        self.reserved.add(reservation, -1)
        self.spending.add(use)
        self.change.set()

    def excess(self, need: Amount) -> LimitReached | None:
        """Return the error of the first limit that an amount does not fit in, or None."""
        limits = self.limits
        spending = self.spending
        reserved = self.reserved
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
                    f"call may need {wanted:g}; {self.remedy}",
                    field=f"limits.{name}",
                )
        return None


class Budget:
    """The limits of a run and what was spent of them, over all the times that it was resumed."""

    def __init__(self, limits: Limits, spending: Amount | None = None) -> None:
        own = Purse(limits, spending)
        self.limits = own.limits
        self.spending = own.spending
        self._purses = [own]

    def draw_on(self, purse: Purse) -> None:
        """Spend from now on only what also fits in a purse that several runs share."""
        self._purses.append(purse)

    async def reserve(self, need: Amount) -> None:
        """Set an amount aside, waiting while calls under way may still give some back.

        Raises:
            LimitReached: the amount does not fit, and no call is under way.
        """
        # Whatever is given back by any run goes through the last purse, which all share.
        widest = self._purses[-1]
        while excess := self._excess(need):
            # A call under way has its worst case set aside, and most calls come to much less.
            if widest.reserved.calls == 0:
                raise excess
            widest.change.clear()
            await widest.change.wait()
        for purse in self._purses:
            purse.reserved.add(need)

    def settle(self, reservation: Amount, use: Amount) -> None:
        """Give back what was set aside and count what was used."""
        for purse in self._purses:
            purse.settle(reservation, use)

    def _excess(self, need: Amount) -> LimitReached | None:
        for purse in self._purses:
            excess = purse.excess(need)
            if excess is not None:
                return excess
        return None
