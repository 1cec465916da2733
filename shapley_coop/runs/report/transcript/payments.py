"""Payments and deposits in the words of a transcript, read from events of any program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.records.words import clean, number


def deposits_text(data: Mapping[str, Any]) -> str:
    """Return which deposits are held in escrow, or given back."""
    for word in ("held", "returned"):
        amounts = data.get(word)
        if isinstance(amounts, dict):
            parts = [
                f"{clean(str(seat), 40)} {number(amounts[seat])}" for seat in amounts
            ]
            return f"deposits {word}: {', '.join(parts)}"
    return "deposits"


def decision_text(data: Mapping[str, Any]) -> str:
    """Return whether a seat pays what nobody enforces."""
    return "pays what it owes" if data.get("pays") else "does not pay what it owes"


def payment_text(data: Mapping[str, Any]) -> str:
    """Return who pays whom how much, and for what."""
    payer = clean(str(data.get("payer")), 40)
    payee = clean(str(data.get("payee")), 40)
    micro = data.get("micro")
    amount = number(reward(micro)) if isinstance(micro, int) else "-"
    reason = clean(str(data.get("reason")), 40)
    return f"{payer} → {payee}  {amount}  ({reason})"
