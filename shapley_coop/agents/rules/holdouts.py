"""What willing seats can still do once some seats have refused what all could sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from shapley_coop.agents.rules.coalition import CoalitionGame
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.oracle_credit import OracleCredit
from shapley_coop.agents.rules.prospects import selfish_lines
from shapley_coop.interfaces.agent import TableView, Utterance
from shapley_coop.interfaces.deals.money import shift_to_sum
from shapley_coop.records import (
    Accept,
    Counter,
    Halt,
    Line,
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


def refusers(table: TableView, just: Callable[[Terms], bool]) -> frozenset[Seat]:
    """Return seats that refused a just offer, or left, and neither signed nor offered any since.

    Args:
        table: what was said at it.
        just: whether an offer is one that whoever asks would sign.
    """
    refused: set[Seat] = set()
    offer: Terms | None = None
    for spoken in table.history:
        move = spoken.move
        if isinstance(move, Propose | Counter):
            offer = move.terms
            refused.discard(spoken.seat)
        elif isinstance(move, Accept):
            refused.discard(spoken.seat)
        elif isinstance(move, Halt) or (
            _refuses(spoken) and offer is not None and just(offer)
        ):
            refused.add(spoken.seat)
    return frozenset(refused)


def _refuses(spoken: Utterance) -> bool:
    # Who gives no answer to an offer has not signed it either.
    return spoken.move is None or isinstance(spoken.move, Reject)


def remainder(economy: Economy, members: Sequence[Seat]) -> Remainder:
    """Return what some seats can do at the opening while the others serve themselves.

    The members follow their best plan while the others do nothing. Each of those then repeats
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
    first = _own_plan(CoalitionGame(whole, members), economy)
    lines = selfish_lines(economy, {**economy.ahead(), **first}, others)
    game = CoalitionGame(whole, members, lines)
    game.start(0)
    plan = {**_own_plan(game, economy), **lines}
    payoffs = economy.preview(plan).payoffs
    phi = OracleCredit(game, game.seats, economy.rng).phi
    credit = shift_to_sum(phi, sum(payoffs[seat] for seat in game.seats))
    return Remainder({seat: plan[seat] for seat in whole.seats}, credit)


def _own_plan(game: CoalitionGame, economy: Economy) -> dict[Seat, Line]:
    # What is too large to be searched is played by the members' part of the whole plan.
    game.start(0)
    own = game.plan()
    if own is None:
        own = {seat: economy.ahead()[seat] for seat in game.seats}
    return {seat: tuple(line) for seat, line in own.items()}
