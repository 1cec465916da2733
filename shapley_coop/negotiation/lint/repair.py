"""The cheapest clauses that make a deal hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from shapley_coop.errors import InputError
from shapley_coop.interfaces.deals.money import transport
from shapley_coop.negotiation.lint.coalitions import TOO_MANY_PROFILES
from shapley_coop.negotiation.lint.holdings import Holdings
from shapley_coop.negotiation.lint.normal_form import NormalForm
from shapley_coop.negotiation.lint.units import as_decimal, price_of
from shapley_coop.negotiation.lint.verdict import gains, worst_gain
from shapley_coop.records import (
    MOST_OWED,
    Clause,
    Does,
    Keeps,
    Line,
    Record,
    Seat,
    Terms,
)
from shapley_coop.records.words import clean

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

    @property
    def terms(self) -> Terms:
        """The clauses and their plan."""
        return Terms(clauses=self.clauses, plan=self.plan)


def cheapest_repair(
    form: NormalForm, holdings: Holdings, aim: Aim = "equilibrium"
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
        form: the game and what seats are to do in it.
        holdings: what they hold under what they signed already.
        aim: what shall hold afterwards. `dominant` is for games of one step.

    Returns:
        None where all together hold less at the goal than their outside options sum to, which no
        payment between them can mend.

    Raises:
        InputError: a clause would be too large, or the game is too large to tell what makes the
            goal dominant.
    """
    if aim == "dominant" and form.cells is None:
        raise InputError(
            f"what makes a goal dominant cannot be told of this game, since {TOO_MANY_PROFILES}; "
            "ask for an equilibrium, or choose fewer seats, steps or actions"
        )
    lacks = {}
    for player, seat in enumerate(form.seats):
        lack = holdings.outside[player] - int(holdings.units[form.goal_play][player])
        # What may be an error of calculation is nothing that a seat lacks.
        lacks[seat] = 0 if 0 < lack <= holdings.slack[player] else lack
    shortfall = {seat: lack for seat, lack in lacks.items() if lack > 0}
    spare = {seat: -lack for seat, lack in lacks.items() if lack < 0}
    if sum(shortfall.values()) - sum(spare.values()) > sum(holdings.slack):
        return None
    clauses = []
    for payer, payee, amount in _side_payments(shortfall, spare):
        # Nor is it worth a clause of its own.
        if amount <= holdings.slack[form.seats.index(payee)]:
            continue
        condition = _part(form, payee, unless=False)
        clauses.append(_clause(payer, payee, amount, condition, holdings.decimals))
    for player, seat in enumerate(form.seats):
        gain = _gain(form, holdings, player, aim)
        damages = gain - shortfall.get(seat, 0)
        if gain > holdings.slack[player] and damages > 0:
            payee = _most_harmed(form, holdings, player)
            condition = _part(form, seat, unless=True)
            clauses.append(_clause(seat, payee, damages, condition, holdings.decimals))
    plan = {}
    if clauses and not _has_one_step(form):
        plan = form.goal_deeds()
    total = sum((as_decimal(clause.price) for clause in clauses), Decimal())
    return Repair(clauses=tuple(clauses), plan=plan, total=float(total))


def _clause(
    payer: Seat, payee: Seat, units: int, condition: Does | Keeps, decimals: int
) -> Clause:
    price = price_of(units, decimals)
    if price > MOST_OWED:
        raise InputError(
            f"to make the deal hold {clean(payer, 80)} has to owe {price:g}, and a clause states "
            f"at most {MOST_OWED:g}; count rewards in a larger unit"
        )
    return Clause(payer=payer, payee=payee, price=price, condition=condition)


def _gain(form: NormalForm, holdings: Holdings, player: int, aim: Aim) -> int:
    if aim == "dominant":
        return worst_gain(form, holdings, player)
    return int(gains(form, holdings, player).max())


def _side_payments(
    shortfall: dict[Seat, int], spare: dict[Seat, int]
) -> list[tuple[Seat, Seat, int]]:
    """Return what seats with more than their outside option pay those with less, in units."""
    missing = sum(shortfall.values())
    deltas = dict(shortfall)
    # Those who hold most above their outside option pay first, so that few clauses are needed.
    for seat in sorted(spare, key=spare.__getitem__, reverse=True):
        paid = min(spare[seat], missing)
        missing -= paid
        deltas[seat] = -paid
    return transport(deltas)


def _most_harmed(form: NormalForm, holdings: Holdings, player: int) -> Seat:
    """Return who loses most if a player leaves the goal as pays it best."""
    plan = int(gains(form, holdings, player).argmax())
    broken = form.alone[player][plan]
    losses = (holdings.units[form.goal_play] - holdings.units[broken]).tolist()
    others = [other for other in range(len(form.seats)) if other != player]
    return form.seats[max(others, key=losses.__getitem__)]


def _part(form: NormalForm, seat: Seat, *, unless: bool) -> Does | Keeps:
    """Return the condition that a seat does its part of the goal, or that it does not."""
    if not _has_one_step(form):
        return Keeps(seat=seat, unless=unless)
    player = form.seats.index(seat)
    (action,) = form.deeds(form.goal_play, player)
    return Does(seat=seat, action=action, step=0, unless=unless)


def _has_one_step(form: NormalForm) -> bool:
    return all(len(line) == 1 for plans in form.plans for line in plans)
