"""The budget as one endpoint draws on it, with the price of its model."""

from __future__ import annotations

from collections.abc import Mapping

from shapley_coop.config.sections import Price
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.model import ModelRequest, Reply, Target, Usage, key
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money import prices
from shapley_coop.llm.money.amounts import Amount, worst
from shapley_coop.llm.money.budget import Budget


class Account:
    """The budget as one endpoint draws on it.

    Every send is written to the cassette before it happens, so that a process that dies in the
    middle of a call leaves a trace of what may have been billed.
    """

    def __init__(self, budget: Budget, cassette: Cassette, price: Price | None) -> None:
        self._budget = budget
        self._cassette = cassette
        self._price = price

    async def reserve(self, request: ModelRequest) -> None:
        """Set the worst case aside and write down that the request is being sent."""
        need = self._worst(request)
        # A limit is met here, before anything of the send is written down.
        await self._budget.reserve(need)
        self._cassette.send(key(request), need.tokens, need.cost)

    def settle(
        self, request: ModelRequest, reply: Reply | None, *, billable: bool = False
    ) -> None:
        """Count what a send came to.

        Args:
            request: what was sent.
            reply: the answer, or None where there was none.
            billable: whether a send without an answer may be billed. It then counts as the worst
                case, and else as one call and nothing more.
        """
        need = self._worst(request)
        use = Amount(calls=1)
        if reply is not None:
            use.tokens = reply.usage.total
            # What nobody counted may have been less, but never more.
            if reply.usage.estimated:
                use.uncertain = self._dollars(reply.usage)
            else:
                use.cost = self._dollars(reply.usage)
        else:
            # The line of an answer closes its send, and this one closes a send without answer.
            self._cassette.void(key(request), billable=billable)
            if billable:
                use.tokens = need.tokens
                use.uncertain = need.cost
        self._budget.settle(need, use)

    def priced_reply(self, reply: Reply) -> Reply:
        """Return a reply with its cost, or as it is where the price is not known.

        Where the server counted no tokens, only the most that it can have cost is known.
        """
        if self._price is None:
            return reply
        dollars = prices.cost(reply.usage, self._price)
        if reply.usage.estimated and dollars > 0:
            return reply.model_copy(update={"at_most": dollars})
        return reply.model_copy(update={"cost": dollars})

    def _worst(self, request: ModelRequest) -> Amount:
        usage = worst(request)
        return Amount(calls=1, tokens=usage.total, cost=self._dollars(usage))

    def _dollars(self, usage: Usage) -> float:
        # Without a price there is no limit on cost, so that nothing can be exceeded.
        return prices.cost(usage, self._price) if self._price else 0.0


def open_account(
    target: Target, budget: Budget, cassette: Cassette, own_prices: Mapping[str, Price]
) -> Account:
    """Return the account of a model.

    Args:
        target: the model.
        budget: what the run may spend.
        cassette: where sends are written down.
        own_prices: the user's prices by model name, which come before any table.

    Raises:
        ConfigError: a cost limit is set and nobody knows the model's price.
    """
    price = prices.price(target, own_prices)
    if price is None and budget.limits.cost is not None:
        raise ConfigError(
            f"a cost limit is set, but the price of {target.model!r} at {target.endpoint} "
            "is not known; give it in US dollars a million tokens, as "
            f"'model.prices.\"{target.model}\"={{input=0.5, output=1.5}}', or install litellm, "
            "whose table lists common models",
            field="model.prices",
        )
    return Account(budget, cassette, price)
