"""What a seat owes and is owed by what was signed, in a play that may not be over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shapley_coop.interfaces.deals.money import reward
from shapley_coop.negotiation.ledger import amount_due, holds, plan_breakers
from shapley_coop.negotiation.promises import promised_actions
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


def least_net(
    clauses: Iterable[Clause],
    commitment: Commitment,
    seat: Seat,
    raw: float,
    play: Play,
    breakers: Coalition,
) -> float:
    """Return the least that a seat may receive minus pay under clauses, in reward.

    Where it is still open whether a clause will be due, the seat has to pay it and is not paid.

    Args:
        clauses: those of the commitment that the seat pays or is paid by.
        commitment: whose clauses they are.
        seat: who pays or is paid.
        raw: what the game pays the seat at least.
        play: what was played.
        breakers: who broke the plan of the commitment.
    """
    total = 0
    for clause in clauses:
        due = _verdict(clause.condition, commitment.since, play, breakers)
        pays = clause.payer == seat
        if due or (due is None and pays):
            # A share is one of the payer's own reward, which only this seat knows of itself.
            amount = amount_due(clause, {clause.payer: raw})
            total += -amount if pays else amount
    return reward(total)


def broken_promises(
    commitment: Commitment, seat: Seat, play: Play, breakers: Coalition
) -> int:
    """Return how many promises a seat has broken, those counted that it has not kept yet."""
    count = int(seat in breakers)
    for promise in promised_actions(commitment.terms.clauses):
        if promise.seat != seat or promise.unless:
            continue
        kept = _verdict(promise, commitment.since, play, breakers)
        count += kept is not True
    return count


def breakers_of(commitment: Commitment, play: Play) -> Coalition:
    """Return who broke the plan of a commitment so far."""
    return plan_breakers(commitment.terms, commitment.since, play.steps)


def _verdict(
    condition: Condition, since: int, play: Play, breakers: Coalition
) -> bool | None:
    """Return whether a condition holds, or None while that is open."""
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
