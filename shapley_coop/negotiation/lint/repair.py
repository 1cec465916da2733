"""The cheapest clauses that make a deal hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shapley_coop.interfaces.deals.money import micro, reward, transport
from shapley_coop.negotiation.lint.normal_form import NormalForm, Profile
from shapley_coop.negotiation.lint.verdict import gains, worst_gain
from shapley_coop.records import (
    Clause,
    Does,
    Keeps,
    Line,
    Record,
    Seat,
    Terms,
)

Aim = Literal["equilibrium", "dominant"]
"""Whether leaving the goal shall not pay while others keep to it, or whatever they do."""


class Repair(Record):
    """Clauses that make a deal hold where it does not."""

    clauses: tuple[Clause, ...]
    """What to add to the signed clauses. Empty if the deal holds as it is."""
    plan: dict[Seat, Line] = Field(default_factory=dict)
    """The plan that these clauses speak of, in a game of several steps."""
    total: float
    """The sum of their prices, in reward: what can be owed under them at most."""


def cheapest_repair(
    form: NormalForm, goal: Profile, terms: Terms, aim: Aim = "equilibrium"
) -> Repair | None:
    """Return clauses of the least total price that make a deal rational and worth keeping.

    A seat whose payoff lies below its outside option is paid what it lacks for doing its part, by
    seats that hold more than theirs. A seat that would still gain by leaving the goal owes that
    gain as damages if it does. No clauses can do it for less: one clause changes by its price what
    at most one seat loses by leaving, since whoever pays it only on breaking and whoever receives
    it only on keeping cannot both be moved by one payment. A seat that lacks d and gains g by
    leaving needs clauses of at least max(d, g), which is what it gets here. This is the minimal
    reward transfer of Willis et al. (2023, arXiv 2310.12928) with payments that may depend on what
    is done.

    Args:
        form: the game.
        goal: what seats are to do.
        terms: what they signed already.
        aim: what shall hold afterwards. `dominant` is for games of one step.

    Returns:
        None where all together hold less at the goal than their outside options sum to, which no
        payment between them can mend.
    """
    holdings = form.holdings(terms)
    lacks = {}
    for player, seat in enumerate(form.seats):
        lacks[seat] = micro(form.outside[seat] - float(holdings[goal][player]))
    shortfall = {seat: lack for seat, lack in lacks.items() if lack > 0}
    spare = {seat: -lack for seat, lack in lacks.items() if lack < 0}
    if sum(shortfall.values()) > sum(spare.values()):
        return None
    clauses = list(_side_payments(form, goal, shortfall, spare))
    for player, seat in enumerate(form.seats):
        gain = _gain(holdings, goal, player, aim)
        # Rounded up, so that not even a millionth is left to gain.
        damages = math.ceil(round(gain * 1e6, 3)) - shortfall.get(seat, 0)
        if damages > 0:
            payee = _most_harmed(form, holdings, goal, player)
            clauses.append(
                Clause(
                    payer=seat,
                    payee=payee,
                    price=reward(damages),
                    condition=_part(form, goal, seat, unless=True),
                )
            )
    plan = {}
    if clauses and not _has_one_step(form):
        plan = {seat: form.plans[i][goal[i]] for i, seat in enumerate(form.seats)}
    total = math.fsum(clause.price for clause in clauses)
    return Repair(clauses=tuple(clauses), plan=plan, total=total)


def add(terms: Terms, repair: Repair) -> Terms:
    """Return signed terms with the clauses of a repair added."""
    return Terms(
        clauses=(*terms.clauses, *repair.clauses), plan=repair.plan or terms.plan
    )


def _gain(holdings: NDArray[np.float64], goal: Profile, player: int, aim: Aim) -> float:
    if aim == "dominant":
        return worst_gain(holdings, goal, player)
    return float(gains(holdings, goal, player).max())


def _side_payments(
    form: NormalForm,
    goal: Profile,
    shortfall: dict[Seat, int],
    spare: dict[Seat, int],
) -> Iterator[Clause]:
    """Yield what seats with more than their outside option pay those with less, in micro-units."""
    missing = sum(shortfall.values())
    deltas = dict(shortfall)
    # Those who hold most above their outside option pay first, so that few clauses are needed.
    for seat in sorted(spare, key=spare.__getitem__, reverse=True):
        paid = min(spare[seat], missing)
        missing -= paid
        deltas[seat] = -paid
    for payer, payee, amount in transport(deltas):
        yield Clause(
            payer=payer,
            payee=payee,
            price=reward(amount),
            condition=_part(form, goal, payee, unless=False),
        )


def _most_harmed(
    form: NormalForm, holdings: NDArray[np.float64], goal: Profile, player: int
) -> Seat:
    """Return who loses most if a player leaves the goal as pays it best."""
    plan = int(gains(holdings, goal, player).argmax())
    broken = (*goal[:player], plan, *goal[player + 1 :])
    losses = holdings[goal] - holdings[broken]
    others = [other for other in range(len(form.seats)) if other != player]
    return form.seats[max(others, key=lambda other: float(losses[other]))]


def _part(form: NormalForm, goal: Profile, seat: Seat, *, unless: bool) -> Does | Keeps:
    """Return the condition that a seat does its part of the goal, or that it does not."""
    if not _has_one_step(form):
        return Keeps(seat=seat, unless=unless)
    player = form.seats.index(seat)
    (action,) = form.plans[player][goal[player]]
    return Does(seat=seat, action=action, step=0, unless=unless)


def _has_one_step(form: NormalForm) -> bool:
    return all(len(line) == 1 for plans in form.plans for line in plans)
