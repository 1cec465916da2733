"""Money in whole micro-units, and how it is shared out and moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from shapley_coop.records import Seat

MICRO = 1_000_000
"""Micro-units in one unit of reward."""


def micro(amount: float) -> int:
    """Return an amount of reward in integer micro-units, rounded half to even."""
    return round(amount * MICRO)


def micro_amounts(amounts: Mapping[Seat, float]) -> dict[Seat, int]:
    """Return amounts of reward in micro-units, whose sum is that of the amounts, rounded once.

    Rounded one by one, three thirds of 1 would come to 999,999 units. What is missing goes to
    those whose own rounding took most, ties to the earlier seat.
    """
    parts = {seat: micro(amount) for seat, amount in amounts.items()}
    missing = micro(math.fsum(amounts.values())) - sum(parts.values())
    sign = 1 if missing > 0 else -1
    # Fractions are exact, so that seats of equal amounts tie.
    taken = {seat: Fraction(amounts[seat]) * MICRO - parts[seat] for seat in parts}
    most_taken = sorted(parts, key=lambda seat: -sign * taken[seat])
    for seat in most_taken[: abs(missing)]:
        parts[seat] += sign
    return parts


def reward(units: int) -> float:
    """Return micro-units as an amount of reward."""
    return units / MICRO


def apportion(pot: int, weights: Mapping[Seat, float]) -> dict[Seat, int]:
    """Divide a pot of micro-units by weights, so that the parts sum to it exactly.

    Parts are rounded by the largest remainder (Hamilton's method), and ties go to the earlier
    seat. A loss, which is a negative pot, is divided alike.

    Args:
        pot: what is divided, in micro-units.
        weights: a number for each seat, none below 0. If all are 0, the parts are equal.
    """
    # Fractions are exact, so that no seat gains a unit from an error of floating point.
    exact = {seat: Fraction(weight) for seat, weight in weights.items()}
    total = sum(exact.values())
    if total == 0:
        exact = dict.fromkeys(weights, Fraction(1))
        total = Fraction(len(weights))
    size = abs(pot)
    quotas = {seat: size * weight / total for seat, weight in exact.items()}
    parts = {seat: math.floor(quota) for seat, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda seat: parts[seat] - quotas[seat])
    missing = size - sum(parts.values())
    for seat in by_remainder[:missing]:
        parts[seat] += 1
    sign = 1 if pot >= 0 else -1
    return {seat: sign * part for seat, part in parts.items()}


def shift_units(parts: Mapping[Seat, int], pot: int) -> dict[Seat, int]:
    """Return micro-units that sum to the pot: every part is shifted by the same amount.

    The last units, which cannot be shared evenly, go to the earlier seats.
    """
    gap = pot - sum(parts.values())
    shifts = apportion(gap, dict.fromkeys(parts, 1.0))
    return {seat: part + shifts[seat] for seat, part in parts.items()}


def shift_to_sum(values: Mapping[Seat, float], total: float) -> dict[Seat, float]:
    """Return values that sum to the total: each is shifted by the same amount.

    This is the additive efficient normalisation, which Hammer and Holzman (1992) use for Banzhaf
    values. It divides a loss as well as a gain.
    """
    shift = (total - sum(values.values())) / len(values)
    return {seat: value + shift for seat, value in values.items()}


def transport(deltas: Mapping[Seat, int]) -> list[tuple[Seat, Seat, int]]:
    """Return payments that realise changes of balance which sum to 0.

    A payment is (payer, payee, micro-units). There are fewer payments than seats.
    """
    # Whoever comes last pays and is paid first, which keeps both lists cheap to shorten.
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
        # Each payment settles one of its two seats, which bounds the number of payments.
        if left[payer] == 0:
            owing.pop()
        if left[payee] == 0:
            due.pop()
    return payments
