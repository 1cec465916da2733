"""What seats hold after every play of a game once signed terms are paid, in whole units."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from shapley_coop.negotiation.ledger import holds, plan_breakers
from shapley_coop.negotiation.lint.normal_form import NormalForm
from shapley_coop.negotiation.lint.units import (
    Units,
    as_decimal,
    decimals_of,
    in_reward,
    is_written,
    whole,
    whole_kind,
)
from shapley_coop.records import Clause, Seat, Terms

PARTS = 10**9
"""Where payoffs come from calculations, they may be off by one of so many parts of a seat's
greatest holding."""


class Holdings(NamedTuple):
    """What seats hold after every play of a game."""

    units: Units
    """(plays, n) holdings."""
    decimals: int
    """A unit is 10^-decimals of reward."""
    slack: tuple[int, ...]
    """By how many units the holdings of each seat may be off. 0 where they are exact."""
    outside: tuple[int, ...]
    """What each seat gets without a deal, in the same units."""

    def reward(self, units: int) -> float:
        """Return units as reward."""
        return in_reward(units, self.decimals)


class _Due(NamedTuple):
    """Who pays whom by a clause, and its price as a decimal."""

    payer: int
    payee: int
    price: Decimal
    shared: bool
    written: bool
    """Whether the price is what somebody wrote, and not the result of a calculation."""


def holdings_under(form: NormalForm, terms: Terms) -> Holdings:
    """Return what seats hold once signed terms are paid.

    Clauses are paid as the ledger pays binding contracts, but to the last digit: the ledger
    counts in millionths, which payoffs of any scale need not do.

    Args:
        form: the game.
        terms: what is signed.
    """
    dues = [_due(clause, form.seats) for clause in terms.clauses]
    amounts = decimals_of(due.price for due in dues if not due.shared)
    shares = decimals_of(due.price for due in dues if due.shared)
    # A product has as many decimals as its factors together.
    decimals = max(amounts, form.table.decimals + shares)
    growth = 10 ** (decimals - form.table.decimals)
    raw = form.table.units
    most = int(abs(raw).max()) * growth
    bound = most
    for due in dues:
        bound += most if due.shared else whole(due.price, decimals)
    units = raw.astype(whole_kind(bound, len(form.seats))) * growth
    if dues:
        _pay(form, terms, dues, units, decimals)
    slack = [0] * len(form.seats)
    if not (form.table.exact and all(due.written for due in dues)):
        scales = abs(units).max(axis=0).tolist()
        slack = [max(form.noise * growth, scale // PARTS) for scale in scales]
    return Holdings(
        units,
        decimals,
        tuple(slack),
        tuple(sure * growth for sure in form.outside),
    )


def _due(clause: Clause, seats: Sequence[Seat]) -> _Due:
    return _Due(
        payer=seats.index(clause.payer),
        payee=seats.index(clause.payee),
        price=as_decimal(clause.price),
        shared=clause.unit == "share",
        written=is_written(clause.price),
    )


def _pay(
    form: NormalForm, terms: Terms, dues: Sequence[_Due], units: Units, decimals: int
) -> None:
    """Move in (plays, n) holdings what is due in each play."""
    gains = form.table.units
    prices = []
    for due in dues:
        # What a share is multiplied with brings decimals of its own.
        own = decimals - form.table.decimals if due.shared else decimals
        prices.append(whole(due.price, own))
    for row in range(len(units)):
        play = form.play(row)
        breakers = plan_breakers(terms, 0, play.steps)
        for clause, due, price in zip(terms.clauses, dues, prices, strict=True):
            condition = clause.condition
            if not holds(condition, play.steps, play.outcomes, breakers=breakers):
                continue
            amount = price
            if due.shared:
                # A share of a loss is nothing.
                amount *= max(0, int(gains[row, due.payer]))
            units[row, due.payer] -= amount
            units[row, due.payee] += amount
