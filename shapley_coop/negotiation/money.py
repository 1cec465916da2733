"""Money in whole micro-units, and how it is shared out and moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from shapley_coop.records import (
    Seat,
)

MICRO = 1_000_000


def micro(amount: float) -> int:
    """Return an amount of reward in integer micro-units, rounded half to even."""
    return round(amount * MICRO)


def reward(units: int) -> float:
    """Return micro-units as an amount of reward."""
    return units / MICRO


def apportion(pot: int, weights: Mapping[Seat, float]) -> dict[Seat, int]:
    """Divide `pot` micro-units by non-negative weights so that the parts sum to it exactly.

    Largest remainder; ties go to the earlier seat. A loss (negative pot) divides alike. Weights
    that are all zero divide equally.
    """
    exact = {seat: Fraction(weight) for seat, weight in weights.items()}
    total = sum(exact.values())
    if total == 0:
        exact, total = dict.fromkeys(weights, Fraction(1)), Fraction(len(weights))
    quotas = {seat: abs(pot) * weight / total for seat, weight in exact.items()}
    parts = {seat: math.floor(quota) for seat, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda seat: parts[seat] - quotas[seat])
    for seat in by_remainder[: abs(pot) - sum(parts.values())]:
        parts[seat] += 1
    return {seat: part if pot >= 0 else -part for seat, part in parts.items()}


def transport(deltas: Mapping[Seat, int]) -> list[tuple[Seat, Seat, int]]:
    """Return payments (payer, payee, micro) that realise balances summing to 0; at most n - 1."""
    left = dict(deltas)
    owing = [seat for seat, delta in deltas.items() if delta < 0]
    due = [seat for seat, delta in deltas.items() if delta > 0]
    payments = []
    while owing and due:
        payer, payee = owing[-1], due[-1]
        amount = min(-left[payer], left[payee])
        payments.append((payer, payee, amount))
        left[payer] += amount
        left[payee] -= amount
        if left[payer] == 0:
            owing.pop()
        if left[payee] == 0:
            due.pop()
    return payments
