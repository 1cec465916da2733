"""The account book of one game: balances in micro-units, transfers and breaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from shapley_coop.interfaces.deals.money import apportion, micro, reward, transport
from shapley_coop.records import (
    Breach,
    Clause,
    Coalition,
    Seat,
    Transfer,
    TransferReason,
)

Holdings = Mapping[Seat, int]
"""What each seat holds, in micro-units."""

Divide = Callable[[Holdings], Holdings]
"""From holdings to holdings of the same sum."""


class Book:
    """Balances, transfers and breaches while one game is settled."""

    def __init__(self, raw: Mapping[Seat, float]) -> None:
        self.balance = {seat: micro(value) for seat, value in raw.items()}
        self.total = sum(self.balance.values())
        self.transfers: list[Transfer] = []
        self.breaches: list[Breach] = []

    def pay(
        self, payer: Seat, payee: Seat, amount: int, reason: TransferReason
    ) -> None:
        """Move money."""
        if amount == 0:
            return
        self.balance[payer] -= amount
        self.balance[payee] += amount
        transfer = Transfer(
            payer=payer,
            payee=payee,
            micro=amount,
            reason=reason,
        )
        self.transfers.append(transfer)

    def owe(self, payer: Seat, payee: Seat, amount: int) -> None:
        """Record what was due and is not paid."""
        if amount == 0:
            return
        due = Clause(
            payer=payer,
            payee=payee,
            price=reward(amount),
        )
        self.breaches.append(
            Breach(
                seat=payer,
                clause=due,
                broken="payment",
            )
        )

    def forfeit(self, seat: Seat, deposit: int, others: Iterable[Seat]) -> None:
        """Pay a deposit out to the seats that a broken promise let down."""
        parts = apportion(deposit, dict.fromkeys(sorted(others), 1.0))
        for other, part in parts.items():
            self.pay(seat, other, part, "deposit")

    def divide(self, division: Divide, payers: Coalition) -> None:
        """Make payments by which seats come to hold what a division says, as far as payers pay."""
        final = division(dict(self.balance))
        deltas = {}
        for seat, units in self.balance.items():
            deltas[seat] = final[seat] - units
        for payer, payee, amount in transport(deltas):
            if payer in payers:
                self.pay(payer, payee, amount, "division")
            else:
                self.owe(payer, payee, amount)
