"""Prices before the work: from what seats shall hold in the end to the terms of an offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shapley_coop.interfaces.deals.money import micro, reward, transport
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Clause, Does, Seat, Terms
from shapley_coop.records.terms import SHARE_ROUNDING


def transfers_to(
    payoffs: Mapping[Seat, float], target: Mapping[Seat, float]
) -> list[tuple[Seat, Seat, float]]:
    """Return payments (payer, payee, amount) that take planned payoffs to target payoffs.

    The payer's side is the paper's bound: seat i pays R_i - φ_i, seat j gets φ_j - R_j
    (Shapley-Coop 2025, Fig. 2). Where the sums differ, the gap is spread evenly over the seats.
    """
    deltas = {}
    for seat, payoff in payoffs.items():
        deltas[seat] = micro(target[seat]) - micro(payoff)
    missing = -sum(deltas.values())
    sharers = list(deltas)
    # What is missing for no reason but rounding is no matter of seats that pay and get nothing.
    if abs(missing) < len(deltas):
        sharers = [seat for seat, delta in deltas.items() if delta] or sharers
    # Rounded down, so that an excess is taken from the later seats and a lack given to the earlier.
    gap, rest = divmod(missing, len(sharers))
    for position, seat in enumerate(sharers):
        extra = int(position < rest)
        deltas[seat] += gap + extra
    payments = transport(deltas)
    return [(payer, payee, reward(amount)) for payer, payee, amount in payments]


def plan_ahead(
    game: Game, plan: Mapping[Seat, Sequence[str]]
) -> dict[Seat, tuple[str, ...]]:
    """Return the plan from the state of now, given the plan from the opening.

    That is what is left of it or, where that earns more in total, all of it begun again from here.
    Previews the game twice, or not at all at the opening.
    """
    whole = {seat: tuple(actions) for seat, actions in plan.items()}
    rest = {seat: actions[game.clock :] for seat, actions in whole.items()}
    if game.clock == 0 or not game.agents:
        return rest
    by_rest = sum(game.preview(rest).payoffs.values())
    by_whole = sum(game.preview(whole).payoffs.values())
    return whole if by_whole > by_rest else rest


def legal_turns(
    game: Game, plan: Mapping[Seat, Sequence[str]], seat: Seat, action: str
) -> list[int]:
    """Return the turns from here at which a seat may take an action if all follow a plan.

    Args:
        game: as it stands. It is played ahead and comes back.
        plan: each seat's actions from here.
        seat: who acts.
        action: what it would do.
    """
    now = game.snapshot()
    turns = []
    turn = 0
    try:
        while game.agents:
            if seat in game.agents and action in game.legal(seat):
                turns.append(turn)
            joint = {s: game.follow(s, plan.get(s, ()), turn) for s in game.agents}
            game.apply(joint)
            turn += 1
    finally:
        game.restore(now)
    return turns


def payoffs_by_plan(game: Game, so_far: Mapping[Seat, float]) -> dict[Seat, float]:
    """Return what each seat gets in the end if all follow the plan from the state of now.

    It is empty where the game knows no plan.

    Args:
        game: as it stands.
        so_far: what the game has paid each seat until now.
    """
    plan = game.plan()
    if not plan:
        return {}
    ahead = game.preview(plan_ahead(game, plan)).payoffs
    # The preview pays from now on, so what was paid so far is added.
    return {seat: so_far[seat] + ahead[seat] for seat in game.seats}


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
            (liquidated damages). None means that no damages are agreed.
        step: the game step of the first planned action.
    """
    # Each payee is paid for its own part of the plan, so a payment is a promise of work too.
    clauses = []
    for payer, payee, amount in transfers_to(payoffs, target):
        work = Does(
            seat=payee,
            action=plan[payee][0],
            step=step,
        )
        clauses.append(
            Clause(
                payer=payer,
                payee=payee,
                price=amount,
                condition=work,
            )
        )
    for breaker, losses in (harm or {}).items():
        breach = Does(
            seat=breaker,
            action=plan[breaker][0],
            step=step,
            unless=True,
        )
        for other, loss in losses.items():
            if loss > 0:
                damages = Clause(
                    payer=breaker, payee=other, price=loss, condition=breach
                )
                clauses.append(damages)
    return Terms(clauses=tuple(clauses))


def share_terms(target: Mapping[Seat, float], pot: float) -> Terms | None:
    """Return the division of a pot that gives each seat its target.

    None means that there is no such division: the pot is empty, a share would be negative, or the
    targets do not sum to the pot.
    """
    if pot == 0:
        return None
    shares = {seat: value / pot for seat, value in target.items()}
    below_zero = any(share < 0 for share in shares.values())
    gap = sum(shares.values()) - 1
    if below_zero or abs(gap) > SHARE_ROUNDING:
        return None
    return Terms(shares=shares)
