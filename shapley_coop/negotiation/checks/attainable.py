"""What agreements can reach that leave nobody worse off and that nobody gains by breaking.

It is the upper baseline of a run: how much all could hold together, and who would hold what.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from shapley_coop.config.protocol import NegotiationProtocol
from shapley_coop.errors import GameError
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.checks.conventions import MOST_HISTORIES
from shapley_coop.negotiation.checks.histories import histories
from shapley_coop.negotiation.checks.subgames import equilibrium_payoffs
from shapley_coop.negotiation.procedure import may_divide_by_rule, raw_rewards
from shapley_coop.negotiation.promises import play_profile
from shapley_coop.records import TOLERANCE, Attainable, Credit, Seat, Step
from shapley_coop.records.words import number

CHANCE = "chance decides how the game goes"
TEXTS = "its actions take texts, and nobody can go through all texts"


def attainable(
    game: Game, protocol: NegotiationProtocol, potential: Credit | None = None
) -> Attainable:
    """Return the best that individually rational, self-enforcing agreements reach in a game.

    Where contracts can be signed and are enforced, that is the game's plan of greatest total.
    Transfers sum to zero, so no agreement leaves all together more. A contract holds the plan up
    in which side payments are due if all keep it, and whoever leaves it pays the others what they
    lose by that (expectation damages, Shavell, 1980): it keeps what is left of a total that is no
    greater, so it gains nothing. It is divided by Shapley values where these leave nobody below
    its outside option, else by outside options and equal parts of what is left. One of the two
    always does: securing itself, every seat gets its outside option, so the greatest total is at
    least the sum of them.

    Where nothing can be signed or nothing is enforced, it is the greatest total of a
    subgame-perfect equilibrium in pure strategies (a Nash equilibrium of a game of one step),
    by going through all histories. Of equal totals the one with the greatest least payoff counts.

    Args:
        game: any instance of the game. It is left alone.
        protocol: whether seats can sign, and whether what they sign is enforced.
        potential: Shapley values of the game's own worth. None means that it has none.
    """
    # A rule that divides also divides what seats have without a deal.
    if may_divide_by_rule(protocol):
        return Attainable(reason="a rule divides the pot, also where nothing is signed")
    try:
        if _can_bind(game, protocol):
            return _by_contract(game, potential)
        return _by_equilibrium(game)
    # A game may fail on plays that nobody took. That is no fault of the run.
    except GameError as error:
        return Attainable(reason=str(error))


def _can_bind(game: Game, protocol: NegotiationProtocol) -> bool:
    """Return whether seats can sign something before play that is enforced."""
    table = protocol.task_table
    signs = table is not None and table.binds and len(game.seats) > 1
    return signs and settlement_mode(protocol.settlement).enforced


def _by_contract(game: Game, potential: Credit | None) -> Attainable:
    plan = game.fresh().plan()
    if plan is None:
        return Attainable(reason=f"{game.name} knows no plan of greatest total")
    end, steps = play_profile(game, 0, plan)
    if end.drew_chance:
        return Attainable(reason=CHANCE)
    total = math.fsum(raw_rewards(game.seats, steps).values())
    if potential is not None and abs(potential.grand - total) > TOLERANCE:
        worth = number(potential.grand)
        return Attainable(
            reason=f"the game's plan makes {number(total)}, its v(everyone) is {worth}"
        )
    outside = _outside(game)
    if outside is None:
        return Attainable(reason=f"{game.name} knows no outside options")
    surplus = total - math.fsum(outside.values())
    if surplus < -TOLERANCE:
        return Attainable(reason="the plan makes less than all outside options")
    payoffs = _shapley(potential, outside, total)
    if payoffs is None:
        part = surplus / len(outside)
        payoffs = {seat: value + part for seat, value in outside.items()}
    return Attainable(total=total, payoffs=payoffs, by="contract")


def _outside(game: Game) -> dict[Seat, float] | None:
    """Return what each seat can be sure of alone, or None if that of some seat is not known."""
    opening = game.fresh()
    outside = {}
    for seat in game.seats:
        secure = opening.security(seat)
        if secure is None:
            return None
        outside[seat] = secure.value
    return outside


def _shapley(
    potential: Credit | None, outside: Mapping[Seat, float], total: float
) -> dict[Seat, float] | None:
    """Return Shapley values if they divide the total and everybody can accept them."""
    if potential is None:
        return None
    values = potential.values
    divides = abs(math.fsum(values.values()) - total) <= TOLERANCE
    rational = all(values[seat] >= outside[seat] - TOLERANCE for seat in outside)
    return dict(values) if divides and rational else None


def _by_equilibrium(game: Game) -> Attainable:
    if game.writes:
        return Attainable(reason=TEXTS)
    # Where the opening is drawn, so is every play, and none of them needs to be looked at.
    if game.fresh().drew_chance:
        return Attainable(reason=CHANCE)
    drew_chance = False

    def rewards(end: Game, steps: Sequence[Step]) -> Mapping[Seat, float]:
        nonlocal drew_chance
        drew_chance = drew_chance or end.drew_chance
        return raw_rewards(end.seats, steps)

    opening = histories(game, 0, rewards, MOST_HISTORIES)
    if drew_chance:
        return Attainable(reason=CHANCE)
    if opening is None:
        return Attainable(
            reason=f"more than {MOST_HISTORIES:,} histories to find equilibria in"
        )
    ends = equilibrium_payoffs(opening, game.seats)
    if not ends:
        return Attainable(reason="no equilibrium in pure strategies")
    best = max(ends, key=_by_total_then_least)
    payoffs = dict(zip(game.seats, best, strict=True))
    return Attainable(total=math.fsum(best), payoffs=payoffs, by="equilibrium")


def _by_total_then_least(payoffs: Sequence[float]) -> tuple[float, float, list[float]]:
    # Rounded, so that no order of addition decides between equal totals.
    return round(math.fsum(payoffs), 6), round(min(payoffs), 6), list(payoffs)
