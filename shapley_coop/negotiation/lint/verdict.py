"""What a deal stands up to: equilibrium, dominance, rationality, the core, breakers and risks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from shapley_coop.credit.worth.shapes import value_once
from shapley_coop.negotiation.checks.core import core
from shapley_coop.negotiation.lint.normal_form import NormalForm, Profile
from shapley_coop.records import (
    TOLERANCE,
    Coalition,
    Core,
    Deviation,
    Line,
    Record,
    Seat,
    Terms,
)


class Risk(Record):
    """What a seat loses if another one breaks the deal alone."""

    breaker: Seat
    """Whose breach costs the seat most."""
    actions: Line
    """What that seat then does."""
    loss: float
    """By how much the seat's payoff falls."""


class DealVerdict(Record):
    """What a deal stands up to, among plans of actions that are fixed in advance."""

    goal: dict[Seat, Line]
    """What each seat is to do."""
    payoffs: dict[Seat, float]
    """What each seat holds if all do it, once the clauses are paid."""
    equilibrium: bool
    """Whether no seat gains by leaving the goal alone."""
    dominant: bool
    """Whether each seat's part is best whatever the others do."""
    rational: bool
    """Whether nobody holds less than without a deal."""
    core: bool | None
    """Whether no coalition does better by itself, however the others reply. None if there are too
    many coalitions."""
    deviations: tuple[Deviation, ...] = ()
    """The most profitable way of each seat to leave the goal alone, where one pays."""
    margins: dict[Seat, float] = Field(default_factory=dict)
    """What each seat holds above its outside option."""
    risks: dict[Seat, Risk] = Field(default_factory=dict)
    """What each seat loses at most if one other leaves the goal, where it loses anything."""
    objection: Core | None = None
    """The coalition that gains most by itself."""


def judge(form: NormalForm, goal: Profile, terms: Terms) -> DealVerdict:
    """Return what a deal stands up to.

    Whether it is in the core is judged by what coalitions can be sure of without any deal with
    the others (alpha core, Aumann & Peleg, 1960), in pure strategies.

    Args:
        form: the game.
        goal: what seats are to do.
        terms: what they signed.
    """
    holdings = form.holdings(terms)
    deviations = []
    for player in range(len(form.seats)):
        deviation = _best_deviation(form, holdings, goal, player)
        if deviation is not None:
            deviations.append(deviation)
    payoffs = {seat: float(holdings[goal][i]) for i, seat in enumerate(form.seats)}
    margins = {seat: payoffs[seat] - form.outside[seat] for seat in form.seats}
    objection = core(
        value_once(form.seats, _sure_values(form)), payoffs, convention="pessimistic"
    )
    return DealVerdict(
        goal=_lines(form, goal),
        payoffs=payoffs,
        equilibrium=not deviations,
        dominant=all(
            worst_gain(holdings, goal, i) <= TOLERANCE for i in range(len(goal))
        ),
        rational=min(margins.values()) >= -TOLERANCE,
        core=None if objection is None else objection.holds,
        deviations=tuple(deviations),
        margins=margins,
        risks=_risks(form, holdings, goal),
        objection=objection,
    )


def gains(
    holdings: NDArray[np.float64], goal: Profile, player: int
) -> NDArray[np.float64]:
    """Return what a player gains by each of its plans while the others keep to the goal.

    Args:
        holdings: (plans of each player, n) payoffs.
        goal: the profile.
        player: its number.
    """
    own_first = np.moveaxis(holdings[..., player], player, 0)
    others = (*goal[:player], *goal[player + 1 :])
    by_plan = np.array([plans[others] for plans in own_first])
    return np.asarray(by_plan - by_plan[goal[player]])


def worst_gain(holdings: NDArray[np.float64], goal: Profile, player: int) -> float:
    """Return the most that a player gains by leaving the goal, over all that the others may do.

    Args:
        holdings: (plans of each player, n) payoffs.
        goal: the profile.
        player: its number.
    """
    own_first = np.moveaxis(holdings[..., player], player, 0)
    return float((own_first - own_first[goal[player]]).max())


def _best_deviation(
    form: NormalForm, holdings: NDArray[np.float64], goal: Profile, player: int
) -> Deviation | None:
    by_plan = gains(holdings, goal, player)
    best = int(by_plan.argmax())
    if by_plan[best] <= TOLERANCE:
        return None
    return Deviation(
        seat=form.seats[player],
        actions=form.plans[player][best],
        gain=float(by_plan[best]),
    )


def _risks(
    form: NormalForm, holdings: NDArray[np.float64], goal: Profile
) -> dict[Seat, Risk]:
    """Return what each seat loses most by if one other seat leaves the goal."""
    risks: dict[Seat, Risk] = {}
    for breaker, seat in enumerate(form.seats):
        for plan, line in enumerate(form.plans[breaker]):
            broken = (*goal[:breaker], plan, *goal[breaker + 1 :])
            losses = holdings[goal] - holdings[broken]
            for player, other in enumerate(form.seats):
                known = risks[other].loss if other in risks else TOLERANCE
                if player != breaker and losses[player] > known:
                    loss = float(losses[player])
                    risks[other] = Risk(breaker=seat, actions=line, loss=loss)
    return {seat: risks[seat] for seat in form.seats if seat in risks}


def _sure_values(form: NormalForm) -> Callable[[Coalition], float]:
    """Return what tells the total that members can be sure of, however the others reply."""
    raw = form.raw()

    def value(members: Coalition) -> float:
        # Payments among the members do not change their total, so raw rewards are enough.
        inside = [i for i, seat in enumerate(form.seats) if seat in members]
        outside = tuple(i for i in range(len(form.seats)) if i not in inside)
        total = raw[..., inside].sum(axis=-1)
        return float(total.min(axis=outside).max())

    return value


def _lines(form: NormalForm, profile: Profile) -> dict[Seat, Line]:
    return {seat: form.plans[i][profile[i]] for i, seat in enumerate(form.seats)}
