"""Amounts of calls, tokens and dollars, and the most that one call can come to."""

from __future__ import annotations

import json
from dataclasses import dataclass

from shapley_coop.interfaces.model import ModelRequest, Usage

MESSAGE_TOKENS = 16
"""Most tokens by which a chat template surrounds one message."""
IMAGE_TOKENS = 2000
"""Most tokens that a picture of a game counts as at known providers."""


@dataclass(slots=True)
class Spent:
    """Calls, tokens and dollars; `uncertain` dollars are of calls whose end is not known."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0
    uncertain: float = 0.0

    def add(self, other: Spent, sign: int = 1) -> None:
        """Add or take away."""
        self.calls += sign * other.calls
        self.tokens += sign * other.tokens
        self.cost += sign * other.cost
        self.uncertain += sign * other.uncertain


def worst(request: ModelRequest) -> Usage:
    """Return the most tokens that a call can use: a token is at least one byte of text."""
    said = sum(len(m.content.encode()) + MESSAGE_TOKENS for m in request.messages)
    shown = sum(len(m.images) for m in request.messages) * IMAGE_TOKENS
    schema = len(json.dumps(request.schema_)) + MESSAGE_TOKENS if request.schema_ else 0
    return Usage(prompt=said + shown + schema, completion=request.sampling.max_tokens)
