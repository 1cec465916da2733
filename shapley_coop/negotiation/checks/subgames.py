"""Subgame perfection: whether a play can be that of seats that answer one another's deeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from shapley_coop.negotiation.checks.histories import History, Joint, histories
from shapley_coop.negotiation.checks.plays import SettledPlays
from shapley_coop.records import TOLERANCE, Seat, Step


class _Outcome(NamedTuple):
    """An end that play may come to if every seat answers best in every subgame."""

    payoffs: tuple[float, ...]
    """In the order of the game's seats."""
    is_wanted: bool
    """Whether the play that leads here is the one that is asked about."""


Outcomes = frozenset[_Outcome]


def plays_subgame_perfectly(
    plays: SettledPlays, steps: Sequence[Step], most: int
) -> bool | None:
    """Return whether some subgame-perfect equilibrium in pure strategies has this play.

    A strategy answers every history, so a seat that deviates can be met with whatever is itself
    an equilibrium from there on (Selten, 1965; by backward induction over the sets of equilibrium
    outcomes, as Abreu, Pearce & Stacchetti, 1990, do for repeated games). It is False too where
    some subgame has no equilibrium in pure strategies.

    Args:
        plays: the game and how it is settled.
        steps: the play that is asked about, whole.
        most: the number of histories beyond which the answer is None.

    Returns:
        None also for a game of one step, where nobody can answer anything: a Nash equilibrium of
        it is subgame-perfect.
    """
    if plays.game.horizon == 1:
        return None
    opening = histories(plays.game, plays.seed, plays.settle, most)
    if opening is None:
        return None
    wanted = [tuple(step.actions.values()) for step in steps]
    found = _outcomes(opening, plays.game.seats, wanted)
    return any(outcome.is_wanted for outcome in found)


def equilibrium_payoffs(
    opening: History, seats: Sequence[Seat]
) -> frozenset[tuple[float, ...]]:
    """Return what all subgame-perfect equilibria in pure strategies pay seats, in their order.

    In a game of one step these are its Nash equilibria in pure strategies.
    """
    outcomes = _outcomes(opening, seats, None)
    return frozenset(outcome.payoffs for outcome in outcomes)


def _outcomes(
    history: History, seats: Sequence[Seat], wanted: Sequence[Joint] | None
) -> Outcomes:
    """Return the ends of all equilibria from a history on.

    Args:
        history: where the game stands.
        seats: all seats, in order.
        wanted: the rest of the play that is asked about, or None where it cannot come any more.
    """
    if not history.acting:
        payoffs = tuple(history.payoffs[seat] for seat in seats)
        return frozenset({_Outcome(payoffs, is_wanted=wanted is not None)})
    after: dict[Joint, Outcomes] = {}
    for joint, branch in history.branches.items():
        after[joint] = _outcomes(branch, seats, _rest(wanted, joint))
        # An equilibrium plays one in every subgame, also where nobody goes.
        if not after[joint]:
            return frozenset()
    outcomes: set[_Outcome] = set()
    options = [frozenset(actions) for actions in zip(*history.branches, strict=True)]
    for joint in history.branches:
        floors = _floors(history, seats, joint, after, options)
        for outcome in after[joint]:
            kept = zip(outcome.payoffs, floors, strict=True)
            if all(payoff >= floor - TOLERANCE for payoff, floor in kept):
                outcomes.add(outcome)
    return frozenset(outcomes)


def _rest(wanted: Sequence[Joint] | None, joint: Joint) -> Sequence[Joint] | None:
    """Return what is left of a play after a joint action, or None if it goes elsewhere."""
    if not wanted or wanted[0] != joint:
        return None
    return wanted[1:]


def _floors(
    history: History,
    seats: Sequence[Seat],
    joint: Joint,
    after: dict[Joint, Outcomes],
    options: Sequence[frozenset[str]],
) -> list[float]:
    """Return the most that each seat can get by itself, if its worst punishment follows."""
    floors = []
    for place, seat in enumerate(seats):
        floor = float("-inf")
        for other in _alone(history, seat, joint, options):
            worst = min(outcome.payoffs[place] for outcome in after[other])
            floor = max(floor, worst)
        floors.append(floor)
    return floors


def _alone(
    history: History, seat: Seat, joint: Joint, options: Sequence[frozenset[str]]
) -> list[Joint]:
    """Return the joint actions that one seat can bring about by changing its own action."""
    if seat not in history.acting:
        return []
    turn = history.acting.index(seat)
    # Looked up and not searched for, since there are as many joint actions as seats have together.
    before, after = joint[:turn], joint[turn + 1 :]
    return [(*before, other, *after) for other in options[turn] - {joint[turn]}]
