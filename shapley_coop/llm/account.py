"""What one run has spent on models, and the limits that it must keep."""

from __future__ import annotations

from shapley_coop.config.sections import Price
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.model import ModelRequest, Reply, Target, key
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money import prices
from shapley_coop.llm.money.amounts import Spent, worst
from shapley_coop.llm.money.budget import Budget


class Account:
    """The budget as one endpoint draws on it; every send is written down before it happens."""

    def __init__(self, budget: Budget, cassette: Cassette, price: Price | None) -> None:
        self._budget = budget
        self._cassette = cassette
        self._price = price

    async def reserve(self, request: ModelRequest) -> None:
        """Set the worst case aside and write down that the request is being sent."""
        need = self._worst(request)
        await self._budget.reserve(need)
        self._cassette.sent(key(request), need.tokens, need.cost)

    def settle(
        self, request: ModelRequest, reply: Reply | None, *, charged: bool = False
    ) -> None:
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

    def _worst(self, request: ModelRequest) -> Spent:
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
