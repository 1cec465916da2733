"""What terms are worth to a seat: its best response to them, and the worst that can follow.

Others are taken to keep what they promised and else to do what serves them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from shapley_coop.agents.rules.branches import Plan
from shapley_coop.agents.rules.commitments import (
    Commitment,
    Play,
    breaks_word,
    promisers,
)
from shapley_coop.agents.rules.economy import Economy
from shapley_coop.agents.rules.holdings import Enforcement, held_under, least_after
from shapley_coop.interfaces.deals.pricing import legal_turns
from shapley_coop.negotiation.ledger import promises
from shapley_coop.records import TOLERANCE, AtLeast, Does, Line, Seat, Terms


class Prospect(NamedTuple):
    """What commitments promise one seat: if all keep them, and at worst."""

    action: str
    expected: float
    worst: float


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
    profile = profile_under(economy, commitments, enforcement)
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
            least = least_after(economy, seat, branch, commitments, enforcement)
            worst = min(worst, least)
        prospects.append(Prospect(action, expected, worst))
        if worst >= floor - TOLERANCE:
            return prospects[-1]
    return max(prospects, key=lambda found: found.worst)


def profile_under(
    economy: Economy, commitments: Sequence[Commitment], enforcement: Enforcement
) -> dict[Seat, Line]:
    """Return what all will do from here if promises are kept and the rest is as planned.

    Where somebody promised something, who promised nothing does what serves it.
    """
    signed = tuple((id(terms), since) for terms, since in commitments)
    key = "profile", signed, enforcement

    def work() -> dict[Seat, Line]:
        return _profile(economy, commitments, enforcement)

    return economy.once(key, tuple(commitments), work)


def _profile(
    economy: Economy, commitments: Sequence[Commitment], enforcement: Enforcement
) -> dict[Seat, Line]:
    clock = economy.game.clock
    actions = {seat: list(line) for seat, line in economy.ahead().items()}
    for commitment in commitments:
        terms, since = commitment
        # A plan that somebody broke binds nobody any longer.
        if not economy.breakers(commitment, economy.so_far):
            for seat, line in terms.plan.items():
                rest = line[max(0, clock - since) :]
                actions[seat][: len(rest)] = rest
        for deed, _ in promises(terms.clauses):
            if isinstance(deed, Does):
                _place(actions[deed.seat], deed.step - clock, deed.action)
            else:
                _place_often(economy, actions, deed, since)
    profile: dict[Seat, Line] = {s: tuple(line) for s, line in actions.items()}
    bound: set[Seat] = set()
    for terms, _ in commitments:
        bound |= promisers(terms)
    free = [seat for seat in economy.game.seats if seat not in bound]
    if not commitments:
        return profile
    return selfish_lines(economy, profile, free, commitments, enforcement)


def _place_often(
    economy: Economy, actions: Mapping[Seat, list[str]], deed: AtLeast, since: int
) -> None:
    """Put a promised action where it is legal first, as often as it is still due."""
    line = actions[deed.seat]
    done = [step.actions.get(deed.seat) for step in economy.history[since:]]
    missing = deed.times - done.count(deed.action) - line.count(deed.action)
    for turn in legal_turns(economy.game, actions, deed.seat, deed.action):
        if missing <= 0:
            return
        if turn < len(line) and line[turn] != deed.action:
            line[turn] = deed.action
            missing -= 1


def selfish_lines(
    economy: Economy,
    plan: Plan,
    seats: Sequence[Seat],
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
) -> dict[Seat, Line]:
    """Return a plan in which some seats do their part or, if that pays more, one action always.

    Seats choose one after the other, each with what those before it chose in view.

    Args:
        economy: the game as it stands.
        plan: what all would do.
        seats: those that promised nothing.
        commitments: what was signed.
        enforcement: how far it can be counted on.
    """
    lines: dict[Seat, Line] = {seat: tuple(line) for seat, line in plan.items()}
    length = economy.course(plan).length
    for seat in seats:
        best = lines
        most = held_under(economy, seat, lines, commitments, enforcement) + TOLERANCE
        for action in economy.game.actions:
            other = {**lines, seat: (action,) * length}
            value = held_under(economy, seat, other, commitments, enforcement)
            if value > most:
                best, most = other, value
        lines = best
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


class Temptation(NamedTuple):
    """What would make a seat break its word."""

    kept: float
    """What it holds if all keep their word."""
    broken: float
    """What it holds at least if it breaks its own."""


def temptation(
    economy: Economy,
    seat: Seat,
    commitments: Sequence[Commitment],
    enforcement: Enforcement,
) -> Temptation | None:
    """Return what a seat could gain by breaking a promise of an action, or None if nothing."""
    profile = profile_under(economy, commitments, enforcement)
    kept = held_under(economy, seat, profile, commitments, enforcement)
    for branch in economy.course(profile).breaches(seat):
        broken = least_after(economy, seat, branch, commitments, enforcement)
        if broken <= kept + TOLERANCE:
            continue
        for commitment in commitments:
            breakers = economy.breakers(commitment, branch.play)
            if breaks_word(seat, commitment, branch.play, breakers):
                return Temptation(kept, broken)
    return None


def cannot_keep(
    economy: Economy, seat: Seat, terms: Terms, commitments: Sequence[Commitment]
) -> bool:
    """Return whether a seat breaks its word by some terms even if it does all to keep it.

    Args:
        economy: the game as it stands.
        seat: who promises.
        terms: what it would sign now.
        commitments: all that would be in force then.
    """
    profile = profile_under(economy, commitments, Enforcement())
    ending = economy.preview(profile)
    play = Play(ending.steps, ending.outcomes, over=True, left=0)
    commitment = Commitment(terms, economy.game.clock)
    breakers = economy.breakers(commitment, play)
    return breaks_word(seat, commitment, play, breakers)
