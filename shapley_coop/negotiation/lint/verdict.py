"""What a deal stands up to: equilibrium, dominance, rationality, the core, breakers and risks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from shapley_coop.negotiation.lint.coalitions import objection
from shapley_coop.negotiation.lint.holdings import Holdings
from shapley_coop.negotiation.lint.normal_form import NormalForm, Profile
from shapley_coop.negotiation.lint.units import Units
from shapley_coop.records import Core, Deviation, Line, Record, Seat


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
    outside: dict[Seat, float]
    """What each seat gets without a deal."""
    equilibrium: bool
    """Whether no seat gains by leaving the goal alone."""
    dominant: bool
    """Whether each seat's part is best whatever the others do."""
    rational: bool
    """Whether nobody holds less than without a deal."""
    core: bool | None
    """Whether no coalition does better by itself, however the others reply. None if there are too
    many coalitions, as `skipped` then says."""
    deviations: tuple[Deviation, ...] = ()
    """The most profitable way of each seat to leave the goal alone, where one pays."""
    margins: dict[Seat, float] = Field(default_factory=dict)
    """What each seat holds above its outside option."""
    risks: dict[Seat, Risk] = Field(default_factory=dict)
    """What each seat loses at most if one other leaves the goal, where it loses anything."""
    objection: Core | None = None
    """The coalition that gains most by itself."""
    skipped: dict[Literal["core"], str] = Field(default_factory=dict)
    """Why a verdict is None."""


def judge(form: NormalForm, goal: Profile, holdings: Holdings) -> DealVerdict:
    """Return what a deal stands up to.

    Args:
        form: the game.
        goal: what seats are to do.
        holdings: what they hold under what they signed.
    """
    deviations = []
    for player in range(len(form.seats)):
        deviation = _best_deviation(form, goal, holdings, player)
        if deviation is not None:
            deviations.append(deviation)
    held = holdings.units[goal].tolist()
    above = {}
    rational = True
    for player, seat in enumerate(form.seats):
        margin = held[player] - holdings.outside[player]
        above[seat] = holdings.reward(margin)
        rational = rational and margin >= -holdings.slack[player]
    most = [worst_gain(holdings, goal, player) for player in range(len(goal))]
    core = objection(form, holdings, goal)
    return DealVerdict(
        goal={seat: form.plans[i][goal[i]] for i, seat in enumerate(form.seats)},
        payoffs=_rewards(form, holdings, held),
        outside=_rewards(form, holdings, holdings.outside),
        equilibrium=not deviations,
        dominant=all(
            gain <= slack for gain, slack in zip(most, holdings.slack, strict=True)
        ),
        rational=rational,
        core=core.holds if isinstance(core, Core) else None,
        deviations=tuple(deviations),
        margins=above,
        risks=_risks(form, goal, holdings),
        objection=core if isinstance(core, Core) else None,
        skipped={"core": core} if isinstance(core, str) else {},
    )


def gains(holdings: Holdings, goal: Profile, player: int) -> Units:
    """Return what a player gains by each of its plans while the others keep to the goal.

    Args:
        holdings: what seats hold.
        goal: the profile.
        player: its number.
    """
    own_first = np.moveaxis(holdings.units[..., player], player, 0)
    others = (*goal[:player], *goal[player + 1 :])
    by_plan = np.array([plans[others] for plans in own_first], own_first.dtype)
    return np.asarray(by_plan - by_plan[goal[player]])


def worst_gain(holdings: Holdings, goal: Profile, player: int) -> int:
    """Return the most that a player gains by leaving the goal, over all that the others may do.

    Args:
        holdings: what seats hold.
        goal: the profile.
        player: its number.
    """
    own_first = np.moveaxis(holdings.units[..., player], player, 0)
    return int((own_first - own_first[goal[player]]).max())


def _best_deviation(
    form: NormalForm, goal: Profile, holdings: Holdings, player: int
) -> Deviation | None:
    by_plan = gains(holdings, goal, player)
    best = int(by_plan.argmax())
    if by_plan[best] <= holdings.slack[player]:
        return None
    return Deviation(
        seat=form.seats[player],
        actions=form.plans[player][best],
        gain=holdings.reward(by_plan[best]),
    )


def _risks(form: NormalForm, goal: Profile, holdings: Holdings) -> dict[Seat, Risk]:
    """Return what each seat loses most by if one other seat leaves the goal."""
    most = list(holdings.slack)
    risks: dict[Seat, Risk] = {}
    for breaker, seat in enumerate(form.seats):
        for plan, line in enumerate(form.plans[breaker]):
            broken = (*goal[:breaker], plan, *goal[breaker + 1 :])
            losses = holdings.units[goal] - holdings.units[broken]
            for player, other in enumerate(form.seats):
                if player != breaker and losses[player] > most[player]:
                    most[player] = int(losses[player])
                    loss = holdings.reward(most[player])
                    risks[other] = Risk(breaker=seat, actions=line, loss=loss)
    return {seat: risks[seat] for seat in form.seats if seat in risks}


def _rewards(
    form: NormalForm, holdings: Holdings, units: Sequence[int]
) -> dict[Seat, float]:
    return {
        seat: holdings.reward(own) for seat, own in zip(form.seats, units, strict=True)
    }
