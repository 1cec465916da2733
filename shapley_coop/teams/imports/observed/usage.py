"""What answers of models took, as far as a log states it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.teams.imports.observed.values import amount, mapping, text


class TokenUse(NamedTuple):
    """What an answer of a model took. None stands for what is not stated."""

    prompt: float | None = None
    """Tokens sent."""
    completion: float | None = None
    """Tokens answered."""
    cost: float | None = None
    """US dollars."""
    model: str | None = None

    @classmethod
    def of(
        cls, prompt: Any, completion: Any, cost: Any = None, model: Any = None
    ) -> TokenUse:
        """Return what a log states, whatever stands there."""
        name = text(model) or None
        return cls(amount(prompt), amount(completion), amount(cost), name)


NOTHING_STATED = TokenUse()
"""What stands where a log says nothing of tokens and costs."""


def is_stated(usage: TokenUse) -> bool:
    """Return whether a log says anything of what an answer took."""
    return usage[:3] != (None, None, None)


def with_totals(parts: Sequence[TokenUse], totals: TokenUse) -> list[TokenUse]:
    """Return what answers took, with sums in place of what not every one of them states.

    Args:
        parts: what each answer took.
        totals: what a log states of all of them together.
    """
    if not parts:
        return [totals] if is_stated(totals) else []
    prompts = _filled([part.prompt for part in parts], totals.prompt)
    completions = _filled([part.completion for part in parts], totals.completion)
    costs = _filled([part.cost for part in parts], totals.cost)
    models = [part.model for part in parts]
    rows = zip(prompts, completions, costs, models, strict=True)
    return [TokenUse(*row) for row in rows]


def _filled(parts: list[float | None], total: float | None) -> list[float | None]:
    if total is None or None not in parts:
        return parts
    # The first stands for all, so that their sum is what the log says.
    return [total, *[0.0] * (len(parts) - 1)]


def cost_of_chat(cost: Mapping[str, Any]) -> TokenUse:
    """Return what all models of a chat of AutoGen 0.2 took, without what a cache answered."""
    by_model = mapping(cost.get("usage_excluding_cached_inference"))
    models = [value for value in by_model.values() if isinstance(value, dict)]
    fields = ("prompt_tokens", "completion_tokens", "cost")
    usages = [TokenUse.of(*map(model.get, fields)) for model in models]
    return TokenUse(
        total_of([usage.prompt for usage in usages]),
        total_of([usage.completion for usage in usages]),
        total_of([usage.cost for usage in usages]),
    )


def total_of(parts: Sequence[float | None]) -> float | None:
    """Return a sum, or None if a part is missing, without which it would be no sum of anything."""
    stated = [part for part in parts if part is not None]
    if not stated or len(stated) < len(parts):
        return None
    return sum(stated)
