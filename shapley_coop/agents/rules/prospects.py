"""What terms are worth to a seat: its best response to them, and the worst that can follow.

Payoffs under terms are computed as the ledger would settle them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shapley_coop.agents.rules.branches import Branch, Plan
from shapley_coop.agents.rules.commitments import (
    Commitment,
    Play,
    broken_promises,
    least_net,
)
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.negotiation.ledger import promises
from shapley_coop.records import TOLERANCE, Does, Line, Seat


class Prospect(NamedTuple):
    """What commitments promise one seat: if all keep them, and at worst."""

    action: str
    expected: float
    worst: float


class Enforcement(NamedTuple):
    """How far a seat can count on what is signed."""

    others_pay: bool = True
    """Whether others pay what they owe."""
    pays: bool = True
    """Whether the seat itself pays what it owes."""
    deposit: float = 0.0
    """What the seat forfeits for each promise that it breaks. Those of others are not counted."""
    limited: bool = False
    """Whether contracts leave every payer its outside option of the opening. Of a play that is over
    it is then known who can pay. Before that, who left a plan may still lose what it owes."""


FULL = Enforcement()
"""Everything is paid, and no deposit is at stake."""


def prospect(
    economy: Economy,
    seat: Seat,
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
    *,
    floor: float = float("-inf"),
) -> Prospect:
    """Return a seat's best response to commitments, what it then gets, and what at least.

    At worst others leave the plan at any step, and from there on the seat has what the game pays
    it for certain and what it owes and is owed at least.

    Args:
        economy: the game as it stands.
        seat: who responds.
        commitments: what is in force, or would be.
        enforcement: how far they can be counted on.
        floor: what the seat wants to have at worst. Where no action leaves it that, it takes the
            one that leaves it most.
    """
    signed = tuple((id(terms), since) for terms, since in commitments)
    key = "prospect", seat, signed, enforcement, floor

    def work() -> Prospect:
        return _prospect(economy, seat, commitments, enforcement, floor)

    # A seat is asked of the same terms when they are offered, signed and acted on.
    return economy.once(key, tuple(commitments), work)


def _prospect(
    economy: Economy,
    seat: Seat,
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
    floor: float,
) -> Prospect:
    profile = profile_under(economy, commitments)
    options = {}
    for action in economy.game.legal(seat):
        answer = _answer(economy, profile, commitments, seat, action)
        options[action] = held_under(economy, seat, answer, commitments, enforcement)
    # Of equally good actions, the promised one is taken.
    promise = profile[seat][0] if profile[seat] else None
    best_first = sorted(options, key=lambda name: (-options[name], name != promise))
    prospects = []
    for action in best_first:
        expected = worst = options[action]
        course = economy.course(with_action(profile, seat, action))
        for branch in course.branches(seat):
            least = _least(economy, seat, branch, commitments, enforcement)
            worst = min(worst, least)
        prospects.append(Prospect(action, expected, worst))
        if worst >= floor - TOLERANCE:
            return prospects[-1]
    return max(prospects, key=lambda found: found.worst)


def profile_under(
    economy: Economy, commitments: Sequence[Commitment]
) -> dict[Seat, tuple[str, ...]]:
    """Return what all will do from here if promises are kept and the rest is as planned.

    Seats that nothing binds, where others are bound, do what serves them.
    """
    signed = tuple((id(terms), since) for terms, since in commitments)
    key = "profile", signed
    about = tuple(commitments)
    return economy.once(key, about, lambda: _profile(economy, commitments))


def _profile(
    economy: Economy, commitments: Sequence[Commitment]
) -> dict[Seat, tuple[str, ...]]:
    clock = economy.game.clock
    actions = {seat: list(line) for seat, line in economy.ahead().items()}
    for terms, since in commitments:
        for seat, line in terms.plan.items():
            rest = line[max(0, clock - since) :]
            actions[seat][: len(rest)] = rest
        for promise, _ in promises(terms.clauses):
            if isinstance(promise, Does):
                _place(actions[promise.seat], promise.step - clock, promise.action)
            else:
                # How often it was done already counts, and the soonest is the surest.
                _place(actions[promise.seat], 0, promise.action)
    profile = {seat: tuple(line) for seat, line in actions.items()}
    bound = {seat for terms, _ in commitments for seat in terms.seats}
    free = [seat for seat in economy.game.seats if seat not in bound]
    if not bound or not free:
        return profile
    return {**profile, **selfish_lines(economy, profile, free)}


def selfish_lines(
    economy: Economy, plan: Plan, seats: Sequence[Seat]
) -> dict[Seat, Line]:
    """Return for each of some seats its line of a plan or, if that pays it more, one action always.

    Args:
        economy: the game as it stands.
        plan: what all would do.
        seats: those that nothing binds.
    """
    lines: dict[Seat, Line] = {}
    length = economy.course(plan).length
    for seat in seats:
        best: Line = tuple(plan[seat])
        most = economy.preview(plan).payoffs[seat] + TOLERANCE
        for action in economy.game.actions:
            line = (action,) * length
            value = economy.preview({**plan, seat: line}).payoffs[seat]
            if value > most:
                best, most = line, value
        lines[seat] = best
    return lines


def with_action(profile: Plan, seat: Seat, action: str) -> dict[Seat, Sequence[str]]:
    """Return the profile in which one seat takes another action now."""
    return {**profile, seat: (action, *profile[seat][1:])}


def _answer(
    economy: Economy,
    profile: Plan,
    commitments: Sequence[Commitment],
    seat: Seat,
    action: str,
) -> Plan:
    """Return what all will do if one seat takes an action now."""
    answer = with_action(profile, seat, action)
    clock = economy.game.clock
    for terms, since in commitments:
        line = terms.plan.get(seat, ())
        turn = clock - since
        # A plan that this seat breaks binds the others no longer, so they secure what they can.
        if turn < len(line) and line[turn] != action:
            others = {other: answer[other][:1] for other in terms.plan if other != seat}
            answer |= others
    return answer


def _place(line: list[str], turn: int, action: str) -> None:
    # What was promised for a step that is over, or beyond the plan, changes nothing now.
    if 0 <= turn < len(line):
        line[turn] = action


def held_under(
    economy: Economy,
    seat: Seat,
    profile: Plan,
    commitments: Sequence[Commitment],
    enforcement: Enforcement = FULL,
) -> float:
    """Return what a seat holds in the end under a profile and what was signed."""
    ending = economy.preview(profile)
    play = Play(ending.steps, ending.outcomes, over=True, left=0)
    return _held(economy, seat, play, ending.payoffs, commitments, enforcement)


def _least(
    economy: Economy,
    seat: Seat,
    branch: Branch,
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
) -> float:
    """Return what a seat holds in the end at least, once others left the plan."""
    raw = economy.floors(branch) if branch.play.over else dict(branch.paid)
    raw[seat] = economy.floor(branch, seat)
    return _held(economy, seat, branch.play, raw, commitments, enforcement)


def _held(
    economy: Economy,
    seat: Seat,
    play: Play,
    raw: Mapping[Seat, float],
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
) -> float:
    """Return what a seat holds at least, given what the game pays it at least."""
    if not enforcement.pays:
        return raw[seat]
    if enforcement.limited and enforcement.others_pay and play.over:
        deposit = enforcement.deposit
        return economy.holdings(play, raw, commitments, deposit)[seat]
    held = raw[seat]
    for commitment in commitments:
        breakers = economy.breakers(commitment, play)
        stakes = economy.stakes(seat, commitment.terms)
        if enforcement.limited or not enforcement.others_pay:
            stakes = stakes.if_unpaid()
        held += least_net(stakes, commitment.since, raw[seat], play, breakers, raw)
        if enforcement.deposit:
            broken = broken_promises(commitment, seat, play, breakers)
            held -= enforcement.deposit * broken
    return held
