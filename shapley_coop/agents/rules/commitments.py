"""What a seat owes and is owed by what was signed, in a play that may not be over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.interfaces.deals.money import micro, reward
from shapley_coop.negotiation.ledger import (
    holds,
    plan_breakers,
    promises,
)
from shapley_coop.records import (
    Always,
    AtLeast,
    Clause,
    Coalition,
    Condition,
    Contract,
    Does,
    Keeps,
    Seat,
    Step,
    Terms,
)


class Commitment(NamedTuple):
    """Terms that are signed, or might be."""

    terms: Terms
    since: int
    """The first step that they cover."""


def in_force(
    contracts: Iterable[Contract], terms: Terms | None = None, step: int = 0
) -> tuple[Commitment, ...]:
    """Return what was signed, and terms that would be signed at a step."""
    signed = [Commitment(contract.offer.terms, contract.step) for contract in contracts]
    if terms is not None:
        signed.append(Commitment(terms, step))
    return tuple(signed)


class Play(NamedTuple):
    """A play as far as it has come."""

    steps: Sequence[Step]
    outcomes: Coalition
    over: bool
    left: int
    """Steps that it may still have."""


class Stake(NamedTuple):
    """What hangs on one condition for one seat, all its clauses of that condition together."""

    condition: Condition
    due: int
    """What the seat is paid if it holds, in micro-units."""
    owed: int
    """What the seat pays if it holds, in micro-units."""
    share: float
    """The share of its own reward that the seat pays if it holds."""
    shares_due: tuple[tuple[Seat, float], ...]
    """Payers that pay the seat a share of their own reward if it holds, each with the share."""


class Fine(NamedTuple):
    """What one seat brings another if it breaks the plan of some terms."""

    due: int
    """What the other seat is paid then, in micro-units."""
    owed: int
    """What the other seat pays then, in micro-units."""


class Stakes(NamedTuple):
    """All that a seat has at stake in some terms."""

    plain: tuple[Stake, ...]
    fines: Mapping[Seat, Fine]
    """Fines by who breaks the plan. They stand apart because a hundred seats that owe each other
    fines are looked at in thousands of plays, in each of which few break the plan."""
    owed_at_most: int
    """What the seat pays if all its fines come due, in micro-units."""

    @property
    def owes_share(self) -> bool:
        """Whether the seat may owe a share of its reward."""
        return any(stake.share for stake in self.plain)

    @property
    def has_shares(self) -> bool:
        """Whether some payment is a share of a reward."""
        return self.owes_share or any(stake.shares_due for stake in self.plain)

    def if_unpaid(self) -> Stakes:
        """Return what is left of them if nobody pays the seat anything."""
        plain = tuple(s._replace(due=0, shares_due=()) for s in self.plain)
        fines = {seat: fine._replace(due=0) for seat, fine in self.fines.items()}
        return Stakes(plain, fines, self.owed_at_most)


def stakes_of(seat: Seat, terms: Terms) -> Stakes:
    """Return what hangs on each condition of some terms for a seat."""
    plain = []
    fines = {}
    for stake in _stakes(seat, terms):
        breaker = _fined(stake)
        if breaker is None:
            plain.append(stake)
        else:
            fines[breaker] = Fine(stake.due, stake.owed)
    owed = sum(fine.owed for fine in fines.values())
    return Stakes(tuple(plain), fines, owed)


def _fined(stake: Stake) -> Seat | None:
    """Return whose breach of the plan brings a fixed amount, or None if a stake is no such fine."""
    condition = stake.condition
    if not isinstance(condition, Keeps) or not condition.unless:
        return None
    if stake.share or stake.shares_due:
        return None
    return condition.seat


def _stakes(seat: Seat, terms: Terms) -> list[Stake]:
    by_condition: dict[Condition, list[Clause]] = {}
    for clause in terms.clauses:
        if seat in (clause.payer, clause.payee):
            by_condition.setdefault(clause.condition, []).append(clause)
    stakes = []
    for condition, clauses in by_condition.items():
        due, owed, share = 0, 0, 0.0
        shares_due = []
        for clause in clauses:
            pays = clause.payer == seat
            if clause.unit == "share":
                if pays:
                    share += clause.price
                else:
                    shares_due.append((clause.payer, clause.price))
            elif pays:
                owed += micro(clause.price)
            else:
                due += micro(clause.price)
        stakes.append(Stake(condition, due, owed, share, tuple(shares_due)))
    return stakes


def least_net(
    stakes: Stakes,
    since: int,
    play: Play,
    breakers: Coalition,
    seat: Seat,
    income: Mapping[Seat, float],
) -> float:
    """Return the least that a seat may receive minus pay, in reward.

    Where it is still open whether a clause will be due, the seat has to pay it and is not paid. A
    share of what somebody else earns counts once that is known.

    Args:
        stakes: what the seat has at stake.
        since: the first step that the terms cover.
        play: what was played.
        breakers: who broke the plan of the terms.
        seat: whose stakes they are.
        income: what the game has paid each seat since the terms were signed, and the seat itself
            with what it is sure to be paid still. Empty where no share is at stake.
    """
    total, share, shares_due = _fines(stakes, play, breakers), 0.0, 0.0
    for stake in stakes.plain:
        happens = verdict(stake.condition, since, play, breakers)
        if happens:
            total += stake.due
            if play.over:
                for payer, part in stake.shares_due:
                    shares_due += part * max(0.0, income[payer])
        if happens is not False:
            total -= stake.owed
            share += stake.share
    own = max(0.0, income[seat]) if share else 0.0
    return reward(total) + shares_due - share * own


def _fines(stakes: Stakes, play: Play, breakers: Coalition) -> int:
    """Return the least that a seat receives minus pays in fines, in micro-units."""
    # Once a plan is broken, it is settled who broke it.
    if not breakers:
        return 0 if play.over else -stakes.owed_at_most
    total = 0
    for seat in breakers:
        fine = stakes.fines.get(seat)
        if fine is not None:
            total += fine.due - fine.owed
    return total


def broken_promises(
    commitment: Commitment, seat: Seat, play: Play, breakers: Coalition
) -> int:
    """Return how many promises a seat has broken, those counted that it has not kept yet."""
    count = int(seat in breakers)
    for promise, _ in promises(commitment.terms.clauses):
        if promise.seat != seat:
            continue
        kept = verdict(promise, commitment.since, play, breakers)
        count += kept is not True
    return count


def breakers_of(commitment: Commitment, play: Play) -> Coalition:
    """Return who broke the plan of a commitment so far."""
    return plan_breakers(commitment.terms, commitment.since, play.steps)


def verdict(
    condition: Condition, since: int, play: Play, breakers: Coalition
) -> bool | None:
    """Return whether a condition holds in the end, or None while that is open."""
    if play.over or isinstance(condition, Always):
        return holds(condition, play.steps, play.outcomes, since, breakers)
    if isinstance(condition, Keeps):
        # Once a plan is broken, it is settled who broke it.
        if not breakers:
            return None
        return holds(condition, play.steps, play.outcomes, since, breakers)
    if isinstance(condition, Does):
        if condition.step >= len(play.steps):
            return None
        return holds(condition, play.steps, play.outcomes, since)
    if isinstance(condition, AtLeast):
        taken = [step.actions.get(condition.seat) for step in play.steps[since:]]
        times = taken.count(condition.action)
        if times < condition.times <= times + play.left:
            return None
        return holds(condition, play.steps, play.outcomes, since)
    return None


def promisers(terms: Terms) -> frozenset[Seat]:
    """Return the seats that promise an action or a part of a plan."""
    deeds = {promise.deed.seat for promise in promises(terms.clauses)}
    return frozenset(deeds | set(terms.plan))


def breaks_word(
    seat: Seat, commitment: Commitment, play: Play, breakers: Coalition
) -> bool:
    """Return whether a play has settled that a seat broke a promise of an action or of a plan."""
    if seat in breakers:
        return True
    for promise in promises(commitment.terms.clauses):
        if promise.deed.seat == seat:
            kept = verdict(promise.deed, commitment.since, play, breakers)
            if kept is False:
                return True
    return False


def open_beside_plan(commitment: Commitment, play: Play) -> bool:
    """Return whether a clause that does not hang on the plan may still come due or not."""
    for clause in commitment.terms.clauses:
        if isinstance(clause.condition, Keeps):
            continue
        if verdict(clause.condition, commitment.since, play, frozenset()) is None:
            return True
    return False
