"""What a model's tokens cost: by the configuration, else by litellm's table on this disk."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shapley_coop.config.sections import Price
from shapley_coop.interfaces.model import Reply, Target, Usage

MILLION = 1_000_000
FREE = Price(input=0.0, output=0.0)
_TABLE = "model_prices_and_context_window_backup.json"


def price(target: Target, given: Mapping[str, Price]) -> Price | None:
    """Return a model's price, or None where nobody has said it.

    The configuration's word comes first, by the model's name. Models inside this process are free;
    an endpoint on this machine is not assumed to be, as it may pass calls on.
    """
    if target.model in given:
        return given[target.model]
    if not target.remote:
        return FREE
    return _listed(target)


def cost(usage: Usage, price: Price) -> float:
    """Return what some tokens cost, in US dollars."""
    cached = price.input if price.cached is None else price.cached
    fresh = usage.prompt - usage.cached
    dollars = (
        fresh * price.input + usage.cached * cached + usage.completion * price.output
    )
    return dollars / MILLION


def priced(reply: Reply, price: Price | None) -> Reply:
    """Return a reply with its cost."""
    if price is None:
        return reply
    return reply.model_copy(update={"cost": cost(reply.usage, price)})


def _listed(target: Target) -> Price | None:
    """Look a model up in litellm's table; a name counts only under its own provider."""
    if target.backend == "litellm":
        provider, _, name = target.model.partition("/")
    elif urlsplit(target.endpoint).hostname == "api.openai.com":
        provider, name = "openai", target.model
    else:
        return None
    table = _table()
    if row := table.get(f"{provider}/{name}"):
        return _row(row)
    row = table.get(name)
    return _row(row) if row and row.get("litellm_provider") == provider else None


def _row(row: Mapping[str, Any]) -> Price | None:
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
    path = Path(spec.origin).parent / _TABLE if spec and spec.origin else None
    if path is None or not path.is_file():
        return {}
    table = json.loads(path.read_text(encoding="utf-8"))
    return table if isinstance(table, dict) else {}
