"""What a deal stands up to: equilibrium, dominance, rationality, the core, breakers and risks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from shapley_coop.negotiation.lint.coalitions import TOO_MANY_PROFILES, objection
from shapley_coop.negotiation.lint.holdings import Holdings
from shapley_coop.negotiation.lint.normal_form import NormalForm, Progress, show_nothing
from shapley_coop.negotiation.lint.units import Units
from shapley_coop.records import Core, Deviation, Line, Record, Seat

Verdict = Literal["dominant", "core"]
"""What may be left open."""


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
    """What each seat does if all keep to the goal."""
    payoffs: dict[Seat, float]
    """What each seat holds if all do it, once the clauses are paid."""
    outside: dict[Seat, float]
    """What each seat gets without a deal."""
    equilibrium: bool
    """Whether no seat gains by leaving the goal alone."""
    dominant: bool | None
    """Whether each seat's part is best whatever the others do. None if there is too much that they
    may do, as `skipped` then says."""
    rational: bool
    """Whether nobody holds less than without a deal."""
    core: bool | None
    """Whether no coalition does better by itself, however the others reply. None if there
    is too much to go through, as `skipped` then says."""
    deviations: tuple[Deviation, ...] = ()
    """The most profitable way of each seat to leave the goal alone, where one pays."""
    margins: dict[Seat, float] = Field(default_factory=dict)
    """What each seat holds above its outside option."""
    risks: dict[Seat, Risk] = Field(default_factory=dict)
    """What each seat loses at most if one other leaves the goal, where it loses anything."""
    objection: Core | None = None
    """The coalition that gains most by itself."""
    skipped: dict[Verdict, str] = Field(default_factory=dict)
    """Why a verdict is None."""


def judge(
    form: NormalForm, holdings: Holdings, progress: Progress = show_nothing
) -> DealVerdict:
    """Return what a deal stands up to.

    Args:
        form: the game and what seats are to do in it.
        holdings: what they hold under what they signed.
        progress: is told of coalitions.
    """
    deviations = []
    for player in range(len(form.seats)):
        deviation = _best_deviation(form, holdings, player)
        if deviation is not None:
            deviations.append(deviation)
    held = holdings.units[form.goal_play].tolist()
    above = {}
    rational = True
    for player, seat in enumerate(form.seats):
        margin = held[player] - holdings.outside[player]
        above[seat] = holdings.reward(margin)
        rational = rational and margin >= -holdings.slack[player]
    skipped: dict[Verdict, str] = {}
    # What is not even best while the others keep to the goal is best whatever they do still less.
    dominant = None if not deviations else False
    if dominant is None and form.cells is not None:
        dominant = _is_dominant(form, holdings)
    elif dominant is None:
        skipped["dominant"] = TOO_MANY_PROFILES
    core = objection(form, holdings, progress)
    if not isinstance(core, Core):
        skipped["core"] = core
    return DealVerdict(
        goal=form.goal_deeds(),
        payoffs=_rewards(form, holdings, held),
        outside=_rewards(form, holdings, holdings.outside),
        equilibrium=not deviations,
        dominant=dominant,
        rational=rational,
        core=core.holds if isinstance(core, Core) else None,
        deviations=tuple(deviations),
        margins=above,
        risks=_risks(form, holdings),
        objection=core if isinstance(core, Core) else None,
        skipped=skipped,
    )


def gains(form: NormalForm, holdings: Holdings, player: int) -> Units:
    """Return what a player gains by each of its plans while the others keep to the goal.

    Args:
        form: the game and its goal.
        holdings: what seats hold.
        player: its number.
    """
    held = holdings.units[:, player]
    return np.asarray(held[form.alone[player]] - held[form.goal_play])


def worst_gain(form: NormalForm, holdings: Holdings, player: int) -> int:
    """Return the most that a player gains by leaving the goal, over all that the others may do.

    Args:
        form: the game, with all its profiles, and its goal.
        holdings: what seats hold.
        player: its number.
    """
    assert form.cells is not None
    held = holdings.units[:, player][form.cells]
    own_first = np.moveaxis(held, player, 0)
    return int((own_first - own_first[form.goal[player]]).max())


def _is_dominant(form: NormalForm, holdings: Holdings) -> bool:
    for player, slack in enumerate(holdings.slack):
        if worst_gain(form, holdings, player) > slack:
            return False
    return True


def _best_deviation(
    form: NormalForm, holdings: Holdings, player: int
) -> Deviation | None:
    by_plan = gains(form, holdings, player)
    best = int(by_plan.argmax())
    if by_plan[best] <= holdings.slack[player]:
        return None
    return Deviation(
        seat=form.seats[player],
        actions=form.deeds(int(form.alone[player][best]), player),
        gain=holdings.reward(by_plan[best]),
    )


def _risks(form: NormalForm, holdings: Holdings) -> dict[Seat, Risk]:
    """Return what each seat loses most by if one other seat leaves the goal."""
    most = list(holdings.slack)
    risks: dict[Seat, Risk] = {}
    for breaker, seat in enumerate(form.seats):
        losses = holdings.units[form.goal_play] - holdings.units[form.alone[breaker]]
        for player, other in enumerate(form.seats):
            # The first of equal breaches is told.
            worst = int(losses[:, player].argmax())
            if player != breaker and losses[worst, player] > most[player]:
                most[player] = int(losses[worst, player])
                line = form.deeds(int(form.alone[breaker][worst]), breaker)
                loss = holdings.reward(most[player])
                risks[other] = Risk(breaker=seat, actions=line, loss=loss)
    return {seat: risks[seat] for seat in form.seats if seat in risks}


def _rewards(
    form: NormalForm, holdings: Holdings, units: Sequence[int]
) -> dict[Seat, float]:
    return {
        seat: holdings.reward(own) for seat, own in zip(form.seats, units, strict=True)
    }
