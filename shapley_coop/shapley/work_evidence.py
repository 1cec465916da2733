"""Shares by work evidence (WEV), after Shapley-Coop (NeurIPS 2025, arXiv 2506.07388, table 3).

Each kind of work i has a weight w(i), of which a range is known, and each role r did the amount
theta(r, i) of it. The evidence for a role is

    WEV(r) = sum over i of theta(r, i) / (sum over k of theta(k, i)) * w(i)

The weights are the paper's as they are: their lower ends sum to 0.62 and their upper ends to 1.15,
so the ranges of all roles do not sum to 1. The weight of a kind of which nobody did anything goes
to nobody. A share divides what is there: it is a role's part of the middles of all ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from shapley_coop.errors import ConfigError

Kind = Literal["code", "decisions", "documents", "fixes"]
KINDS: tuple[Kind, ...] = get_args(Kind)
WorkCounts = Mapping[str, Mapping[Kind, float]]
"""By role, the amount of each kind of work, in any unit of the kind."""


class Range(NamedTuple):
    """From the lower to the upper end."""

    low: float
    high: float

    @property
    def middle(self) -> float:
        """The middle of the range."""
        return (self.low + self.high) / 2


WEIGHTS: Mapping[Kind, Range] = {
    "code": Range(0.27, 0.40),
    "decisions": Range(0.15, 0.35),
    "documents": Range(0.05, 0.15),
    "fixes": Range(0.15, 0.25),
}
"""The paper's weights, which it takes from COCOMO, COCOMO II and CS-BSG."""


def work_evidence(
    counts: WorkCounts, weights: Mapping[Kind, Range] = WEIGHTS
) -> dict[str, Range]:
    """Return the range of each role's evidence, as parts of 1.

    Raises:
        ConfigError: An amount is negative.
    """
    totals = kind_totals(counts)
    evidence = {}
    for role, amounts in counts.items():
        low = high = 0.0
        for kind, weight in weights.items():
            amount = amounts.get(kind, 0.0)
            if amount < 0:
                raise ConfigError(f"{role!r} did {amount} of {kind!r}; give 0 or more")
            if totals[kind] > 0:
                part = amount / totals[kind]
                low += part * weight.low
                high += part * weight.high
        evidence[role] = Range(low, high)
    return evidence


def kind_totals(counts: WorkCounts) -> dict[Kind, float]:
    """Return how much of each kind all roles did together."""
    return {
        kind: sum(amounts.get(kind, 0.0) for amounts in counts.values())
        for kind in KINDS
    }


def weight_sums(weights: Mapping[Kind, Range] = WEIGHTS) -> Range:
    """Return what the lower and the upper ends of all weights sum to."""
    low = sum(weight.low for weight in weights.values())
    return Range(low, sum(weight.high for weight in weights.values()))


def evidence_shares(
    counts: WorkCounts, weights: Mapping[Kind, Range] = WEIGHTS
) -> dict[str, float]:
    """Return each role's share of a reward, which is equal if nobody did anything."""
    middles = {
        role: span.middle for role, span in work_evidence(counts, weights).items()
    }
    total = sum(middles.values())
    if total <= 0:
        return {role: 1 / len(middles) for role in middles}
    return {role: middle / total for role, middle in middles.items()}
