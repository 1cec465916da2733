"""Prices before the work: beliefs to Shapley values, the paper's bounds, and terms of an offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.money import micro, reward, transport
from shapley_coop.records import Clause, Does, Seat, Terms


def transfers_to(
    payoffs: Mapping[Seat, float], target: Mapping[Seat, float]
) -> list[tuple[Seat, Seat, float]]:
    """Return payments (payer, payee, amount) that take planned payoffs to target payoffs.

    The payer side is the paper's bound: seat i pays R_i - φ_i, seat j gets φ_j - R_j (Shapley-Coop
    2025, Fig. 2). Where the sums differ, the gap is spread evenly over the seats.
    """
    deltas = {seat: micro(target[seat]) - micro(payoffs[seat]) for seat in payoffs}
    gap, rest = divmod(-sum(deltas.values()), len(deltas))
    for position, seat in enumerate(deltas):
        deltas[seat] += gap + (1 if position < rest else 0)
    return [(payer, payee, reward(units)) for payer, payee, units in transport(deltas)]


def plan_ahead(
    game: Game, plan: Mapping[Seat, Sequence[str]]
) -> dict[Seat, tuple[str, ...]]:
    """Return the plan from the state of now, given the plan from the opening.

    That is what is left of it or, where that earns more in total, all of it begun again from here.
    Previews the game twice, or not at all at the opening.
    """
    whole = {seat: tuple(actions) for seat, actions in plan.items()}
    left = {seat: actions[game.clock :] for seat, actions in whole.items()}
    if game.clock == 0 or not game.agents:
        return left
    kept, again = (sum(game.preview(way).payoffs.values()) for way in (left, whole))
    return whole if again > kept else left


def task_terms(
    plan: Mapping[Seat, Sequence[str]],
    payoffs: Mapping[Seat, float],
    target: Mapping[Seat, float],
    *,
    harm: Mapping[Seat, Mapping[Seat, float]] | None = None,
    step: int = 0,
) -> Terms:
    """Return clauses that pay seats for their planned action of `step` so that all net `target`.

    Args:
        plan: each seat's planned actions from `step` on.
        payoffs: what the game pays each seat if the plan is followed.
        target: what each seat shall hold in the end.
        harm: by seat, what each other seat must be paid if that seat breaks its promise
            (liquidated damages); none: no damages.
        step: the game step of the first planned action.
    """
    clauses = [
        Clause(
            payer=payer,
            payee=payee,
            price=amount,
            condition=Does(seat=payee, action=plan[payee][0], step=step),
        )
        for payer, payee, amount in transfers_to(payoffs, target)
    ]
    for breaker, losses in (harm or {}).items():
        clauses += [
            Clause(
                payer=breaker,
                payee=other,
                price=loss,
                condition=Does(
                    seat=breaker, action=plan[breaker][0], step=step, unless=True
                ),
            )
            for other, loss in losses.items()
            if loss > 0
        ]
    return Terms(clauses=tuple(clauses))


def share_terms(target: Mapping[Seat, float], pot: float) -> Terms | None:
    """Return the division of a pot that gives each seat its target, or None if it is none."""
    if pot == 0:
        return None
    shares = {seat: value / pot for seat, value in target.items()}
    if (
        any(share < 0 for share in shares.values())
        or abs(sum(shares.values()) - 1) > 1e-6
    ):
        return None
    return Terms(shares=shares)
