"""What a run may spend: the worst case is set aside before a call and replaced after it."""

from __future__ import annotations

import asyncio

from shapley_coop.config import Limits, Price
from shapley_coop.errors import ConfigError, LimitReached
from shapley_coop.llm import prices
from shapley_coop.llm.cassette import Cassette, key
from shapley_coop.llm.spending import Spent, worst
from shapley_coop.model import Reply, Request, Target


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


class Account:
    """The budget as one endpoint draws on it; every send is written down before it happens."""

    def __init__(self, budget: Budget, cassette: Cassette, price: Price | None) -> None:
        self._budget = budget
        self._cassette = cassette
        self._price = price

    async def reserve(self, request: Request) -> None:
        """Set the worst case aside and write down that the request is being sent."""
        need = self._worst(request)
        await self._budget.reserve(need)
        self._cassette.sent(key(request), need.tokens, need.cost)

    def settle(self, request: Request, reply: Reply | None, *, charged: bool = False) -> None:
        """Count the reply, or the worst case, or the call alone."""
        need = self._worst(request)
        used = Spent(calls=1)
        if reply is not None:
            used.tokens = reply.usage.total
            used.cost = prices.cost(reply.usage, self._price) if self._price else 0.0
        else:
            self._cassette.void(key(request), charged=charged)
            if charged:
                used.tokens, used.uncertain = need.tokens, need.cost
        self._budget.settle(need, used)

    def _worst(self, request: Request) -> Spent:
        usage = worst(request)
        dollars = prices.cost(usage, self._price) if self._price else 0.0
        return Spent(calls=1, tokens=usage.total, cost=dollars)


def account(
    target: Target, budget: Budget, cassette: Cassette, given: dict[str, Price]
) -> tuple[Account, Price | None]:
    """Return the account of a model and its price.

    Raises:
        ConfigError: a cost limit is set and nobody knows the model's price.
    """
    price = prices.price(target, given)
    if price is None and budget.limits.cost is not None:
        raise ConfigError(
            f"a cost limit is set, but the price of {target.model!r} at {target.endpoint} is not "
            "known; give it in US dollars a million tokens: --set "
            f"'model.prices.\"{target.model}\"={{input=0.5, output=1.5}}', or install litellm, "
            "whose table lists common models"
        )
    return Account(budget, cassette, price), price
