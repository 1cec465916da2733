"""What terms are worth to a seat: its best response to them, and the worst that can follow.

Payoffs under terms are computed as the ledger would settle them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from math import prod
from typing import NamedTuple

from shapley_coop.agents.rules.economy import Economy, Plan
from shapley_coop.interfaces.deals.pricing import task_terms
from shapley_coop.interfaces.deals.settlement import SettlementMode
from shapley_coop.negotiation.ledger import holds, net, promises
from shapley_coop.records import AtLeast, Clause, Does, Seat, Terms

MOST_JOINT_REPLIES = 1024
"""Joint actions of the others up to which all of them are looked at."""


class Prospect(NamedTuple):
    """What terms promise one seat: if all keep them, and at worst."""

    action: str
    expected: float
    worst: float


def prospect(
    economy: Economy,
    seat: Seat,
    clauses: Sequence[Clause],
    mode: SettlementMode,
    *,
    deposit: float,
) -> Prospect:
    """Return a seat's best response to clauses in force, and what it then gets.

    Args:
        economy: the game as it stands.
        seat: who responds.
        clauses: what would be in force.
        mode: how promises are held to.
        deposit: what the seat forfeits for each promise that it breaks. Those of others are not
            counted on.
    """
    # Where nothing is enforced, only the actions that others announce are of interest.
    own = _concerning(seat, clauses) if mode.enforced else []
    profile = profile_under(economy, clauses)
    options = {}
    for action in economy.game.legal(seat):
        answer = _with_action(profile, seat, action)
        options[action] = _value(economy, seat, answer, own, deposit)
    # Of equally good actions, the promised one is taken.
    promise = profile[seat][0] if profile[seat] else None
    action = max(options, key=lambda name: (options[name], name == promise))
    expected = options[action]
    worst = expected
    answer = _with_action(profile, seat, action)
    for reply in _replies(economy, seat, answer, clauses):
        worst = min(worst, _value(economy, seat, reply, own, deposit))
    return Prospect(action, expected, worst)


def offer(economy: Economy, target: Mapping[Seat, float]) -> Terms:
    """Return terms under which the plan nets every seat its target, none exposed to another.

    Where a broken promise would leave a third seat below its outside option, the breaker owes
    it the difference.
    """
    profile = economy.ahead()
    step = economy.game.clock
    by_plan = economy.preview(profile).payoffs
    payoffs = {seat: by_plan[seat] for seat in economy.present}
    # First the bare payments: what a breach costs the others depends on them.
    bare = task_terms(profile, payoffs, target, step=step)
    own = {seat: _concerning(seat, bare.clauses) for seat in economy.present}
    with_promise = sorted({clause.payee for clause in bare.clauses})
    harm = {seat: _harm(economy, seat, profile, own) for seat in with_promise}
    return task_terms(profile, payoffs, target, harm=harm, step=step)


def profile_under(
    economy: Economy, clauses: Sequence[Clause]
) -> dict[Seat, tuple[str, ...]]:
    """Return what all will do from here if promises are kept and the rest is as planned."""
    clock = economy.game.clock
    actions = dict(economy.ahead())
    for clause in clauses:
        condition = clause.condition
        if not isinstance(condition, Does | AtLeast) or condition.unless:
            continue
        # A promise about another step says nothing of what is done now.
        if isinstance(condition, Does) and condition.step != clock:
            continue
        later = actions[condition.seat][1:]
        actions[condition.seat] = (condition.action, *later)
    return actions


def _harm(
    economy: Economy,
    breaker: Seat,
    profile: Plan,
    own: Mapping[Seat, Sequence[Clause]],
) -> dict[Seat, float]:
    """Return by how much each other seat could fall below its outside option."""
    losses = {seat: 0.0 for seat in economy.present if seat != breaker}
    for action in economy.game.legal(breaker):
        if action == profile[breaker][0]:
            continue
        breach = _with_action(profile, breaker, action)
        for seat, loss in losses.items():
            value = _value(economy, seat, breach, own[seat])
            losses[seat] = max(loss, economy.security(seat).value - value)
    return losses


def _value(
    economy: Economy,
    seat: Seat,
    profile: Plan,
    own: Sequence[Clause],
    deposit: float = 0.0,
) -> float:
    """Return what a seat holds in the end under a profile and the clauses that concern it."""
    ending = economy.preview(profile)
    steps, outcomes = ending.steps, ending.outcomes
    transfers = net(own, seat, ending.payoffs, steps, outcomes)
    breaches = 0
    for (promiser, _, _), clause in promises(own).items():
        if promiser == seat and not holds(clause.condition, steps, outcomes):
            breaches += 1
    return ending.payoffs[seat] + transfers - deposit * breaches


def _replies(
    economy: Economy, seat: Seat, profile: Plan, clauses: Sequence[Clause]
) -> Iterator[Plan]:
    """Yield what others might do instead.

    Now they might do everything where that is few, else break one promise. Later, a plan of
    several steps may be dropped by any one of them, or by all.
    """
    game = economy.game
    others = [other for other in game.agents if other != seat]
    if any(len(profile[other]) > 1 for other in others):
        yield {**profile, **dict.fromkeys(others, ())}
        for other in others:
            yield {**profile, other: ()}
    legal = {other: game.legal(other) for other in others}
    if prod(len(actions) for actions in legal.values()) <= MOST_JOINT_REPLIES:
        for actions in product(*legal.values()):
            reply = dict(profile)
            for other, action in zip(others, actions, strict=True):
                reply[other] = (action, *profile[other][1:])
            yield reply
        return
    # Too many joint actions to look at: only seats that promised something are doubted.
    promisers = set()
    for clause in clauses:
        if isinstance(clause.condition, Does | AtLeast):
            promisers.add(clause.condition.seat)
    for other in others:
        if other in promisers:
            for action in legal[other]:
                yield _with_action(profile, other, action)


def _concerning(seat: Seat, clauses: Sequence[Clause]) -> list[Clause]:
    """Return the clauses that a seat pays or is paid by."""
    return [clause for clause in clauses if seat in (clause.payer, clause.payee)]


def _with_action(profile: Plan, seat: Seat, action: str) -> dict[Seat, Sequence[str]]:
    """Return the profile in which one seat takes another action now."""
    return {**profile, seat: (action, *profile[seat][1:])}
