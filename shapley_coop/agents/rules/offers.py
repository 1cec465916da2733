"""Terms that a seat can offer: the plan at prices, and the plan with damages for who breaks it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from shapley_coop.agents.rules.branches import Plan
from shapley_coop.agents.rules.commitments import Commitment
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.holdings import held_under
from shapley_coop.agents.rules.prospects import with_action
from shapley_coop.interfaces.deals.money import MICRO, reward
from shapley_coop.interfaces.deals.pricing import task_terms, transfers_to
from shapley_coop.records import Clause, Keeps, Line, Seat, Terms

MOST_BROKEN_LINES = 512
"""Ways of breaking a plan up to which each is played to its end."""

FLOAT_NOISE = 1e-3
"""Micro-units by which sums of rewards may be off for no reason but their rounding."""


class Aim(NamedTuple):
    """What a deal is to bring about."""

    plan: Plan
    """What every seat of the game does from here, those that are not bound included."""
    target: Mapping[Seat, float]
    """What each seat that the deal is for nets in the end."""


def priced_work(economy: Economy, aim: Aim) -> Terms:
    """Return terms that pay seats for their planned action of now, so that all net their target.

    Where a broken promise would leave a third seat below its outside option, the breaker owes it
    the difference (liquidated damages).
    """
    plan = aim.plan
    # A price for the first step alone would leave the payer with the loss of the others.
    if economy.course(plan).length > 1:
        return Terms()
    step = economy.game.clock
    payoffs = _payoffs(economy, aim)
    bare = task_terms(plan, payoffs, aim.target, step=step)
    promisers = sorted({clause.payee for clause in bare.clauses})
    harm = {seat: _harm(economy, aim, seat, bare) for seat in promisers}
    return task_terms(plan, payoffs, aim.target, harm=harm, step=step)


def kept_plan(economy: Economy, aim: Aim) -> Terms:
    """Return terms that bind seats to the whole plan, so that they net their target if it is kept.

    Prices are due if all keep the plan to its end. Who breaks it first owes every other seat what
    that seat would then miss of its target at most (expectation damages), whether from then on
    it has no more than it can secure, or goes on with its part. Since the plan earns the greatest
    total, a breach costs its author at least what it can win, and nobody else loses by it.
    """
    plan, target = aim
    clauses = []
    for payer, payee, amount in transfers_to(_payoffs(economy, aim), target):
        kept = Clause(payer=payer, payee=payee, price=amount, condition=Keeps())
        clauses.append(kept)
    for breaker in target:
        breach = Keeps(seat=breaker, unless=True)
        for seat, least in _left_by_breach(economy, aim, breaker).items():
            loss = _above(target[seat] - least)
            if loss > 0:
                damages = Clause(
                    payer=breaker,
                    payee=seat,
                    price=reward(loss),
                    condition=breach,
                )
                clauses.append(damages)
    length = economy.course(plan).length
    lines: dict[Seat, Line] = {}
    # A plan that is begun again in mid-play is longer than what is left of it.
    for seat in target:
        lines[seat] = tuple(plan[seat][:length])
    return Terms(clauses=tuple(clauses), plan=lines)


def _left_by_breach(economy: Economy, aim: Aim, breaker: Seat) -> dict[Seat, float]:
    """Return what the game pays each other seat at least if one seat breaks the plan."""
    others = [seat for seat in aim.target if seat != breaker]
    least = dict.fromkeys(others, math.inf)
    course = economy.course(aim.plan)
    for branch in course.breaches(breaker):
        for seat in others:
            floor = economy.floor(branch, seat)
            # Of a game that does not say what a seat can secure, no finite loss follows.
            if floor > -math.inf:
                least[seat] = min(least[seat], floor)
    # Who goes on with its part after a breach may lose more than who stops.
    for line in _broken_lines(economy, aim, breaker):
        payoffs = economy.preview({**aim.plan, breaker: line}).payoffs
        for seat in others:
            least[seat] = min(least[seat], payoffs[seat])
    # A seat that has no other action anywhere can break nothing.
    return {seat: amount for seat, amount in least.items() if amount < math.inf}


def _broken_lines(economy: Economy, aim: Aim, breaker: Seat) -> Iterator[Line]:
    """Yield a seat's part of the plan with one action changed, and with all dropped after it.

    Nothing is yielded where that would be more plays than are worth it.
    """
    game = economy.game
    length = economy.course(aim.plan).length
    if len(aim.target) * length * len(game.actions) > MOST_BROKEN_LINES:
        return
    line = tuple(aim.plan[breaker])
    for turn in range(min(length, len(line))):
        for action in game.actions:
            if action != line[turn]:
                yield (*line[:turn], action, *line[turn + 1 :])
                yield (*line[:turn], action)


def _above(amount: float) -> int:
    """Return an amount in micro-units, rounded up, so that damages never fall short."""
    # What is 0 but for the rounding of floating point is no damage.
    return math.ceil(amount * MICRO - FLOAT_NOISE)


def _payoffs(economy: Economy, aim: Aim) -> dict[Seat, float]:
    by_plan = economy.preview(aim.plan).payoffs
    return {seat: by_plan[seat] for seat in aim.target}


def _harm(economy: Economy, aim: Aim, breaker: Seat, bare: Terms) -> dict[Seat, float]:
    """Return by how much each other seat could fall below its outside option."""
    signed = [Commitment(bare, economy.game.clock)]
    losses = {seat: 0.0 for seat in aim.target if seat != breaker}
    profile = aim.plan
    for action in economy.game.legal(breaker):
        if action == profile[breaker][0]:
            continue
        breach = with_action(profile, breaker, action)
        for seat, loss in losses.items():
            value = held_under(economy, seat, breach, signed)
            losses[seat] = max(loss, economy.security(seat).value - value)
    return losses
