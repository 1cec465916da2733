"""The account book of one game: balances in micro-units, transfers and breaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.interfaces.deals.money import (
    apportion,
    micro_amounts,
    reward,
    transport,
)
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

PASSES = 2
"""How often what is due is gone through where no payer goes below its floor."""


class Due(NamedTuple):
    """What a seat has to pay."""

    payer: Seat
    payee: Seat
    micro: int
    reason: TransferReason


class Book:
    """Balances, transfers and breaches while one game is settled."""

    def __init__(self, raw: Mapping[Seat, float]) -> None:
        self.balance = micro_amounts(raw)
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

    def pay_all(self, dues: Iterable[Due], floors: Holdings | None) -> None:
        """Pay what is due, in its order where there are no floors.

        No payer is brought below its floor. Lost deposits come first, since they were laid down
        before anything else was due, then clauses in the order of signing. Each is cut to what its
        payer holds above its floor. What was cut is paid in a second pass, as far as the payer has
        been paid meanwhile, and the rest is let off.

        Args:
            dues: in the order of contracts and their clauses.
            floors: the least that a payer is left with. Who has none pays all.
        """
        if floors is None:
            for due in dues:
                self.pay(*due)
            return
        waiting = sorted(dues, key=lambda due: due.reason != "deposit")
        for _ in range(PASSES):
            waiting = [self._pay_above(due, floors) for due in waiting]

    def _pay_above(self, due: Due, floors: Holdings) -> Due:
        """Pay what a payer can of what is due, and return what is left of it."""
        amount = due.micro
        if due.payer in floors:
            spare = self.balance[due.payer] - floors[due.payer]
            amount = min(amount, max(0, spare))
        self.pay(due.payer, due.payee, amount, due.reason)
        return due._replace(micro=due.micro - amount)

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


def lost_deposit(seat: Seat, deposit: int, others: Iterable[Seat]) -> Sequence[Due]:
    """Return how a deposit goes to the seats that a broken promise let down."""
    parts = apportion(deposit, dict.fromkeys(sorted(others), 1.0))
    return [Due(seat, other, part, "deposit") for other, part in parts.items()]
