"""What a model's tokens cost: by the configuration, else by what its backend declares."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shapley_coop.config.sections import Price
from shapley_coop.interfaces.model import Target, Usage
from shapley_coop.llm.providers import provider_of

MILLION = 1_000_000
"""Tokens that a price is for."""
FREE = Price(input=0.0, output=0.0)
"""The price of models that run in this process."""
_TABLE = "model_prices_and_context_window_backup.json"
"""The file of litellm's package that holds its table of prices."""


def price(target: Target, own_prices: Mapping[str, Price]) -> Price | None:
    """Return a model's price, or None where nobody has said it.

    The user's own prices come first, by the model's name. Models inside this process are free. An
    endpoint on this machine is not assumed to be free, as it may pass calls on.
    """
    if target.model in own_prices:
        return own_prices[target.model]
    if not target.remote:
        return FREE
    provider = provider_of(target.backend)
    # Another server may ask another price for a model of the same name.
    if _host(target.endpoint) != _host(provider.endpoint):
        return None
    return provider.prices(target.model)


def cost(usage: Usage, price: Price) -> float:
    """Return what some tokens cost, in US dollars."""
    cached_price = price.input if price.cached is None else price.cached
    # Prompt tokens include those that the provider had cached.
    fresh = max(0, usage.prompt - usage.cached)
    dollars = fresh * price.input
    dollars += usage.cached * cached_price
    dollars += usage.completion * price.output
    return dollars / MILLION


def listed_price(provider: str, model: str) -> Price | None:
    """Return a price from litellm's table, if litellm is installed and lists the model.

    A model's bare name counts only where the table says that it is this provider's, since others
    may offer a model of the same name at another price.
    """
    table = _table()
    row = table.get(f"{provider}/{model}")
    if row:
        return _row_price(row)
    row = table.get(model)
    if row and row.get("litellm_provider") == provider:
        return _row_price(row)
    return None


def _host(endpoint: str) -> str:
    """Return the host of a URL, or a word that names an endpoint as it is."""
    return urlsplit(endpoint).hostname or endpoint


def _row_price(row: Mapping[str, Any]) -> Price | None:
    # Some rows of the table count in seconds or pictures and have no price of tokens.
    try:
        cached = row.get("cache_read_input_token_cost")
        return Price(
            input=MILLION * row["input_cost_per_token"],
            output=MILLION * row["output_cost_per_token"],
            cached=None if cached is None else MILLION * cached,
        )
    except (KeyError, TypeError):
        return None


@cache
def _table() -> dict[str, Any]:
    """Read litellm's table without importing litellm, which takes seconds."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    path = Path(spec.origin).parent / _TABLE
    if not path.is_file():
        return {}
    table = json.loads(path.read_text(encoding="utf-8"))
    return table if isinstance(table, dict) else {}
