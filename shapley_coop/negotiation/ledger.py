"""Money: when a clause is due, what is owed, and a ledger in integer micro-units that sums to 0."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from shapley_coop.negotiation.money import apportion, micro, reward, transport
from shapley_coop.records import (
    Always,
    AtLeast,
    Breach,
    Clause,
    Condition,
    Contract,
    Does,
    Outcome,
    Seat,
    Settlement,
    Step,
    Transfer,
)

Reason = Literal["clause", "deposit", "division"]


class Settled(NamedTuple):
    """What a settlement did: `payoffs` are in reward, `residual` in micro-units and always 0."""

    payoffs: dict[Seat, float]
    transfers: tuple[Transfer, ...]
    breaches: tuple[Breach, ...]
    residual: int


def holds(
    condition: Condition, steps: Sequence[Step], outcomes: Iterable[str], since: int = 0
) -> bool:
    """Return whether a condition holds in a finished game; steps before `since` do not count."""
    if isinstance(condition, Always):
        return True
    if isinstance(condition, Outcome):
        return (condition.outcome in outcomes) is not condition.unless
    if isinstance(condition, Does):
        at = condition.step
        done = (
            since <= at < len(steps)
            and steps[at].actions.get(condition.seat) == condition.action
        )
        return done is not condition.unless
    count = sum(
        step.actions.get(condition.seat) == condition.action for step in steps[since:]
    )
    return (count >= condition.times) is not condition.unless


def owed(clause: Clause, raw: Mapping[Seat, float]) -> int:
    """Return what a clause costs its payer if its condition holds, in micro-units."""
    if clause.unit == "share":
        return micro(clause.price * max(0.0, raw[clause.payer]))
    return micro(clause.price)


def net(
    clauses: Iterable[Clause],
    seat: Seat,
    raw: Mapping[Seat, float],
    steps: Sequence[Step],
    outcomes: Iterable[str],
) -> float:
    """Return what `seat` would receive minus pay under clauses in a finished game, in reward."""
    total = 0
    for clause in clauses:
        if seat in (clause.payer, clause.payee) and holds(
            clause.condition, steps, outcomes
        ):
            total += owed(clause, raw) * (1 if seat == clause.payee else -1)
    return reward(total)


def promises(clauses: Iterable[Clause]) -> dict[tuple[Seat, str, int], Clause]:
    """Return the actions that payees are paid for, one clause each: (seat, action, step or times).

    A clause that pays a seat for an action is that seat's promise to take it; breaking it is a
    breach, whether or not the clause is then due.
    """
    found: dict[tuple[Seat, str, int], Clause] = {}
    for clause in clauses:
        condition = clause.condition
        if not isinstance(condition, Does | AtLeast) or condition.unless:
            continue
        if condition.seat == clause.payee:
            when = condition.step if isinstance(condition, Does) else -condition.times
            found.setdefault((condition.seat, condition.action, when), clause)
    return found


class _Book:
    """Balances, transfers and breaches while one game is settled."""

    def __init__(self, raw: Mapping[Seat, float]) -> None:
        self.start = {seat: micro(value) for seat, value in raw.items()}
        self.balance = dict(self.start)
        self.transfers: list[Transfer] = []
        self.breaches: list[Breach] = []

    def pay(
        self, payer: Seat, payee: Seat, amount: int, reason: Reason, *, enforced: bool
    ) -> None:
        """Move money, or record what was due and not paid."""
        if amount == 0:
            return
        if not enforced:
            due = Clause(payer=payer, payee=payee, price=reward(amount))
            self.breaches.append(Breach(seat=payer, clause=due, broken="payment"))
            return
        self.balance[payer] -= amount
        self.balance[payee] += amount
        self.transfers.append(
            Transfer(payer=payer, payee=payee, micro=amount, reason=reason)
        )

    def forfeit(self, seat: Seat, deposit: int, others: Iterable[Seat]) -> None:
        """Pay a deposit out to the seats that a broken promise let down."""
        for other, part in apportion(
            deposit, dict.fromkeys(sorted(others), 1.0)
        ).items():
            self.pay(seat, other, part, "deposit", enforced=True)


def settle(
    raw: Mapping[Seat, float],
    contracts: Sequence[Contract],
    steps: Sequence[Step],
    outcomes: Iterable[str],
    *,
    mode: Settlement,
    deposit: float = 0.0,
    division: Callable[[Mapping[Seat, int]], Mapping[Seat, int]] | None = None,
    agreed_division: bool = False,
) -> Settled:
    """Settle contracts, then a division of the pot, in a finished game.

    Args:
        raw: each seat's reward from the game.
        contracts: signed contracts, each in force from its step on.
        steps: the recorded play.
        outcomes: outcomes that hold at the end.
        mode: `binding` pays every clause whose condition holds; `escrow` does too and forfeits
            `deposit` to the other bound seats for each broken promise; `cheap-talk` pays nothing
            that was agreed and records what was due as breaches.
        deposit: see `escrow`, in reward.
        division: from holdings after contracts to final holdings of the same sum, in micro-units.
        agreed_division: the division is an agreement, which cheap talk does not enforce.
    """
    book = _Book(raw)
    for contract in contracts:
        clauses = contract.offer.terms.clauses
        for clause in clauses:
            if holds(clause.condition, steps, outcomes, contract.step):
                amount = owed(clause, raw)
                book.pay(
                    clause.payer,
                    clause.payee,
                    amount,
                    "clause",
                    enforced=mode != "cheap-talk",
                )
        for (seat, _, _), clause in promises(clauses).items():
            if not holds(clause.condition, steps, outcomes, contract.step):
                book.breaches.append(Breach(seat=seat, clause=clause, broken="action"))
                if mode == "escrow":
                    book.forfeit(
                        seat, micro(deposit), contract.offer.terms.seats - {seat}
                    )
    if division is not None:
        final = division(dict(book.balance))
        enforced = not (agreed_division and mode == "cheap-talk")
        deltas = {seat: final[seat] - held for seat, held in book.balance.items()}
        for payer, payee, amount in transport(deltas):
            book.pay(payer, payee, amount, "division", enforced=enforced)
    return Settled(
        payoffs={seat: reward(units) for seat, units in book.balance.items()},
        transfers=tuple(book.transfers),
        breaches=tuple(book.breaches),
        residual=sum(book.balance.values()) - sum(book.start.values()),
    )
