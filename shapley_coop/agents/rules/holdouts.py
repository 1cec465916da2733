"""What willing seats can still do once some seats have refused what all could sign."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from shapley_coop.agents.rules.coalition import CoalitionGame
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.holdings import Enforcement
from shapley_coop.agents.rules.knowledge import OracleCredit
from shapley_coop.agents.rules.prospects import selfish_lines
from shapley_coop.interfaces.agent import TableView
from shapley_coop.interfaces.deals.money import shift_to_sum
from shapley_coop.records import (
    Accept,
    Counter,
    Halt,
    Line,
    Move,
    Propose,
    Reject,
    Seat,
    Terms,
)


class Remainder(NamedTuple):
    """What seats can do together while the others of their game sign nothing."""

    plan: dict[Seat, Line]
    """What the members do by agreement, and the others because it serves them."""
    credit: dict[Seat, float]
    """The members' Shapley values, shifted alike so that they sum to what the plan pays them."""


def refusers(
    table: TableView, could_sign: Callable[[Seat, Terms], bool]
) -> frozenset[Seat]:
    """Return seats that refused what they could sign, or left, and neither signed nor offered any.

    Args:
        table: what was said at it.
        could_sign: whether an offer is good for a seat, and for whoever asks.
    """
    refused: set[Seat] = set()
    for spoken in table.history:
        move, offer = spoken.move, spoken.standing
        if isinstance(move, Propose | Counter | Accept):
            refused.discard(spoken.seat)
        elif isinstance(move, Halt) or (
            _refuses(move) and offer and could_sign(spoken.seat, offer.terms)
        ):
            refused.add(spoken.seat)
    return frozenset(refused)


def _refuses(move: Move | None) -> bool:
    return move is None or isinstance(move, Reject)


def remainder(economy: Economy, members: Sequence[Seat]) -> Remainder:
    """Return what some seats can do at the opening while the others serve themselves.

    The members take their best plan while the others do nothing. Each of those then repeats
    whatever action serves it best, and the members answer that by the best plan against it.

    Args:
        economy: of the whole game, at its opening.
        members: the seats that would sign.
    """

    def work() -> Remainder:
        return _remainder(economy, members)

    return economy.once(("remainder", *members), None, work)


def _remainder(economy: Economy, members: Sequence[Seat]) -> Remainder:
    whole = economy.game
    others = [seat for seat in whole.seats if seat not in members]
    nothing: dict[Seat, Line] = dict.fromkeys(others, ())
    if whole.idle:
        nothing = dict.fromkeys(others, (whole.idle,) * whole.horizon)
    plan = _best_plan(economy, members, nothing)
    plan = selfish_lines(economy, plan, others, (), Enforcement())
    plan = _best_plan(economy, members, {seat: plan[seat] for seat in others})
    payoffs = economy.preview(plan).payoffs
    phi = _credit(economy, members)
    return Remainder(plan, shift_to_sum(phi, sum(payoffs[seat] for seat in members)))


def _best_plan(
    economy: Economy, members: Sequence[Seat], lines: Mapping[Seat, Line]
) -> dict[Seat, Line]:
    """Return the best plan that is found for some seats while the others follow their lines.

    Small games are searched whole. In larger ones it is the members' part of the whole game's
    plan, or the plan of their own game without the others.
    """
    whole = economy.game
    game = CoalitionGame(whole, members, lines)
    choices = [{seat: economy.ahead()[seat] for seat in members}]
    if game.best is not None:
        choices.append(game.plan() or {})
    else:
        alone = whole.restrict(tuple(members))
        choices.append((alone.plan() if alone is not None else None) or {})
    plans = [{**lines, **choice} for choice in choices if choice]

    def total(plan: Mapping[Seat, Line]) -> float:
        payoffs = economy.preview(plan).payoffs
        return sum(payoffs[seat] for seat in members)

    best = max(plans, key=total)
    return {seat: tuple(best[seat]) for seat in whole.seats}


def _credit(economy: Economy, members: Sequence[Seat]) -> dict[Seat, float]:
    """Return the members' Shapley values by their part of the whole game's worth."""
    game = CoalitionGame(economy.game, members)
    worth = game.worth_in_whole()
    return OracleCredit(game, members, economy.rng, worth).phi
