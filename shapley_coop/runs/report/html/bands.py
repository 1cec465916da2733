"""Payments as bands between stacks of payers and payees, each as wide as its amount."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from shapley_coop.records.words import clean, number

_POINTS = 16
"""Points along the curve of one band."""
_GAP = 0.08
"""The room between two seats of a stack, as a part of all the money."""

Row = dict[str, Any]


class Payment(NamedTuple):
    """What one seat paid another for one reason."""

    payer: str
    payee: str
    reason: str
    amount: float


class Bands(NamedTuple):
    """A picture of payments: the ends of its bands and the bands themselves, in rows."""

    ends: list[Row]
    """`side` (0 or 1), `low`, `high`, `middle` and `label` of each seat that pays or is paid."""
    curves: list[Row]
    """`band`, `reason`, `x` from 0 to 1, `low` and `high` of each point of each band."""


def bands(payments: Sequence[Payment]) -> Bands:
    """Return payers as a stack on the left, payees on the right, and a band for each payment."""
    gap = _GAP * sum(payment.amount for payment in payments)
    left = _stack([(one.payer, one.amount) for one in payments], gap)
    right = _stack([(one.payee, one.amount) for one in payments], gap)
    ends = [*_ends(left, 0, "pays"), *_ends(right, 1, "receives")]
    curves: list[Row] = []
    used_left = {seat: low for seat, (low, _) in left.items()}
    used_right = {seat: low for seat, (low, _) in right.items()}
    for place, payment in enumerate(payments):
        start, end = used_left[payment.payer], used_right[payment.payee]
        curves += _curve(place, payment, start, end)
        used_left[payment.payer] += payment.amount
        used_right[payment.payee] += payment.amount
    return Bands(ends, curves)


def _stack(
    amounts: Sequence[tuple[str, float]], gap: float
) -> dict[str, tuple[float, float]]:
    """Return where each seat's part of a stack begins and ends, in the order of first mention."""
    totals: dict[str, float] = {}
    for seat, amount in amounts:
        totals[seat] = totals.get(seat, 0.0) + amount
    places: dict[str, tuple[float, float]] = {}
    low = 0.0
    for seat, total in totals.items():
        places[seat] = (low, low + total)
        low += total + gap
    return places


def _ends(stack: dict[str, tuple[float, float]], side: int, verb: str) -> list[Row]:
    rows = []
    for seat, (low, high) in stack.items():
        label = f"{clean(seat, 30)} {verb} {number(high - low)}"
        rows.append(
            {"side": side, "low": low, "high": high, "middle": (low + high) / 2, "label": label}
        )  # fmt: skip
    return rows


def _curve(band: int, payment: Payment, start: float, end: float) -> list[Row]:
    rows = []
    for point in range(_POINTS + 1):
        x = point / _POINTS
        # A smooth step leaves and arrives level, so that bands can be followed by eye.
        low = start + (end - start) * x * x * (3 - 2 * x)
        rows.append(
            {"band": band, "reason": payment.reason, "x": x, "low": low,
             "high": low + payment.amount}
        )  # fmt: skip
    return rows
