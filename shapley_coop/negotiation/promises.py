"""What seats would have done had all kept what they signed, and what they would have got."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from shapley_coop.interfaces.game import Game
from shapley_coop.negotiation.ledger import pay_contracts
from shapley_coop.negotiation.settlement import BINDING
from shapley_coop.records import (
    TOLERANCE,
    AtLeast,
    Clause,
    Contract,
    Does,
    Line,
    Seat,
    Step,
)

Lines = dict[Seat, list[str]]


def kept_profile(
    game: Game, seed: int, contracts: Sequence[Contract], steps: Sequence[Step]
) -> dict[Seat, Line]:
    """Return what every seat would have done had all kept what they signed.

    A seat promises an action where it is paid for it, or pays unless it takes it. Where a seat
    promised nothing it does what it did, or its part of the game's plan if that leaves it better
    off: contracts are drawn up on the plan, and a seat that strays from it at its own cost has
    broken nothing.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed that was played under.
        contracts: what was signed.
        steps: the recorded play.
    """
    stage = game.fresh()
    stage.start(seed)
    recorded: Lines = {}
    for seat in game.seats:
        recorded[seat] = [step.actions[seat] for step in steps if seat in step.actions]
    profile = _with_promises(stage, recorded, contracts)
    plan = stage.plan()
    if plan is None:
        return _frozen(profile)
    planned = _with_promises(
        stage, {seat: list(line) for seat, line in plan.items()}, contracts
    )
    better = dict(profile)
    held: dict[Seat, float] = {}
    for seat in game.seats:
        # Most seats follow the plan, and then there is nothing to compare.
        if planned[seat] == profile[seat]:
            continue
        held = held or _held(stage, profile, contracts)
        as_planned = _held(stage, {**profile, seat: planned[seat]}, contracts)
        if as_planned[seat] > held[seat] + TOLERANCE:
            better[seat] = planned[seat]
    return _frozen(better)


def play_profile(
    game: Game, seed: int, profile: Mapping[Seat, Line]
) -> tuple[Game, tuple[Step, ...]]:
    """Return the game at its end under a profile and the seed that was played under, and its steps.

    Args:
        game: any instance of the game. It is left alone.
        seed: the seed.
        profile: each seat's actions. Where they are used up or illegal, a seat falls back.
    """
    stage = game.fresh()
    stage.start(seed)
    steps: list[Step] = []
    while stage.agents:
        joint = {}
        for seat in stage.agents:
            joint[seat] = stage.follow(seat, profile[seat], len(steps))
        steps.append(stage.apply(joint))
    return stage, tuple(steps)


def promised_actions(clauses: Iterable[Clause]) -> list[Does | AtLeast]:
    """Return the actions that some seat promised, as conditions that are to hold.

    A clause that pays a seat for an action is a promise of that seat, and so is one by which it
    pays unless it takes the action.
    """
    promises: list[Does | AtLeast] = []
    for clause in clauses:
        condition = clause.condition
        if not isinstance(condition, Does | AtLeast):
            continue
        promiser = clause.payer if condition.unless else clause.payee
        if condition.seat == promiser:
            promises.append(condition)
    return promises


def _with_promises(
    stage: Game, lines: Mapping[Seat, Sequence[str]], contracts: Sequence[Contract]
) -> Lines:
    """Return lines of actions with every promised action in its place."""
    profile = {seat: list(line) for seat, line in lines.items()}
    for contract in contracts:
        for seat, planned in contract.offer.terms.plan.items():
            for turn, action in enumerate(planned):
                step = contract.step + turn
                if step < stage.horizon:
                    _put(stage, seat, profile[seat], step, action)
        for promise in promised_actions(contract.offer.terms.clauses):
            line = profile[promise.seat]
            if isinstance(promise, Does):
                # A contract says nothing of what was done before it was signed.
                if contract.step <= promise.step < stage.horizon:
                    _put(stage, promise.seat, line, promise.step, promise.action)
            else:
                _fill(stage, promise, line, contract.step)
    return profile


def _put(stage: Game, seat: Seat, line: list[str], step: int, action: str) -> None:
    # A game that ended sooner left the line short of the promised step.
    while len(line) <= step:
        line.append(stage.fallback(seat))
    line[step] = action


def _fill(stage: Game, promise: AtLeast, line: list[str], since: int) -> None:
    """Take a promised action as often as was promised, from the signing step on."""
    for step in range(since, stage.horizon):
        if line[since:].count(promise.action) >= promise.times:
            return
        _put(stage, promise.seat, line, step, promise.action)


def _held(
    stage: Game, profile: Lines, contracts: Sequence[Contract]
) -> dict[Seat, float]:
    """Return what seats hold once a profile was played and every clause paid."""
    ending = stage.preview(profile)
    settlement = pay_contracts(
        ending.payoffs, contracts, ending.steps, ending.outcomes, mode=BINDING
    )
    return settlement.payoffs


def _frozen(profile: Lines) -> dict[Seat, Line]:
    return {seat: tuple(line) for seat, line in profile.items()}
