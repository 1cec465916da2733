"""What a random game and its contracts pay, in plain numbers, and what was agreed.

Nothing here is taken from the engine but the records of what was signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations, product
from typing import NamedTuple

from benchmarks.statements.random_games import GOOD, IDLE, Joint, Past, Rules
from shapley_coop.records import (
    Always,
    AtLeast,
    Clause,
    Condition,
    Contract,
    Does,
    Outcome,
)

NOTICED = 1e-5
MOST_WAYS, PASSES = 256, 8
"""A difference in reward that counts."""

Lines = tuple[tuple[str, ...], ...]
"""A line of actions for every seat."""
Numbers = list[float]
"""One number for every seat."""


class Setting(NamedTuple):
    """What payoffs follow from beside the rules of the game."""

    contracts: Sequence[Contract]
    settlement: str
    deposit: float
    rule: str
    """The rule that divides the pot before contracts are paid, or `none`."""
    shares: Mapping[str, float] | None = None
    """The shares by which holdings are divided in the end, if seats signed some."""


# -- the game ------------------------------------------------------------------------------


def secure(rules: Rules, past: Past, seat: int) -> tuple[float, str]:
    """Return what a seat is sure of from a past on, and the first action that does it."""
    if len(past) == rules.rounds:
        return 0.0, IDLE
    best: tuple[float, str] | None = None
    for action in rules.legal[past, seat]:
        least = float("inf")
        for joint in joints(rules, past):
            if joint[seat] == action:
                later = (*past, joint)
                rest = secure(rules, later, seat)[0]
                least = min(least, rules.rewards[later][seat] + rest)
        if best is None or least > best[0]:
            best = (least, action)
    assert best is not None
    return best


def joints(rules: Rules, past: Past) -> list[Joint]:
    """Return every joint action that is legal after a past."""
    seats = range(len(rules.seats))
    return list(product(*(rules.legal[past, seat] for seat in seats)))


def walk(rules: Rules, lines: Lines) -> Past:
    """Return the whole past of lines of actions, where illegal ones fall back."""
    past: Past = ()
    for turn in range(rules.rounds):
        joint = []
        for seat, line in enumerate(lines):
            legal = rules.legal[past, seat]
            if turn < len(line) and line[turn] in legal:
                joint.append(line[turn])
            elif rules.secure:
                joint.append(secure(rules, past, seat)[1])
            else:
                joint.append(legal[0])
        past = (*past, tuple(joint))
    return past


def lines_of(past: Past) -> Lines:
    """Return the line of actions of every seat in a past that is not empty."""
    seats = range(len(past[0]))
    return tuple(tuple(joint[seat] for joint in past) for seat in seats)


def raw(rules: Rules, past: Past, since: int = 0) -> Numbers:
    """Return every seat's reward from the game, of the steps from `since` on."""
    totals = [0.0] * len(rules.seats)
    for turn in range(since, len(past)):
        for seat, reward in enumerate(rules.rewards[past[: turn + 1]]):
            totals[seat] += reward
    return totals


# -- money ---------------------------------------------------------------------------------


def holds(rules: Rules, condition: Condition, past: Past, since: int) -> bool:
    """Return whether a clause signed before step `since` is due."""
    if isinstance(condition, Always):
        return True
    if isinstance(condition, Outcome):
        happens = condition.outcome == GOOD and past in rules.good
    else:
        seat = rules.seats.index(condition.seat)
        done = [joint[seat] == condition.action for joint in past]
        if isinstance(condition, Does):
            happens = condition.step >= since and done[condition.step]
        else:
            happens = sum(done[since:]) >= condition.times
    return happens != condition.unless


def payoffs(rules: Rules, setting: Setting, past: Past) -> Numbers:
    """Return what every seat holds when all is settled."""
    earned = raw(rules, past)
    held = _divided(rules, setting.rule, past, earned)
    for contract in setting.contracts:
        clauses = contract.offer.terms.clauses
        earned_since = raw(rules, past, contract.step)
        for clause in clauses:
            due = holds(rules, clause.condition, past, contract.step)
            if due and setting.settlement != "cheap-talk":
                _pay(rules, held, clause, earned_since)
        if setting.settlement == "escrow":
            _forfeit(rules, held, contract, past, setting.deposit)
    if setting.shares is not None and setting.settlement != "cheap-talk":
        pot = sum(held)
        held = [pot * setting.shares[seat] for seat in rules.seats]
    return held


def _pay(rules: Rules, held: Numbers, clause: Clause, earned: Numbers) -> None:
    payer, payee = rules.seats.index(clause.payer), rules.seats.index(clause.payee)
    amount = clause.price
    if clause.unit == "share":
        amount *= max(0.0, earned[payer])
    held[payer] -= amount
    held[payee] += amount


def _forfeit(
    rules: Rules, held: Numbers, contract: Contract, past: Past, deposit: float
) -> None:
    """Charge every seat for each action that it had promised and did not take."""
    charged = set()
    bound: set[str] = set()
    for clause in contract.offer.terms.clauses:
        bound |= {clause.payer, clause.payee}
        if isinstance(clause.condition, Does | AtLeast):
            bound.add(clause.condition.seat)
    for clause in contract.offer.terms.clauses:
        promise = clause.condition
        if not isinstance(promise, Does | AtLeast):
            continue
        promiser = clause.payer if promise.unless else clause.payee
        deed = promise.model_copy(update={"unless": False})
        if promise.seat != promiser or deed in charged:
            continue
        charged.add(deed)
        # Nobody can have promised what was done before.
        if isinstance(deed, Does) and deed.step < contract.step:
            continue
        if holds(rules, deed, past, contract.step):
            continue
        others = bound - {promise.seat}
        held[rules.seats.index(promise.seat)] -= deposit
        for other in others:
            held[rules.seats.index(other)] += deposit / len(others)


def _divided(rules: Rules, rule: str, past: Past, earned: Numbers) -> Numbers:
    if rule in ("none", "negotiated"):
        return list(earned)
    seats = range(len(rules.seats))
    worth = _as_played(rules, past)
    active = []
    for seat in seats:
        without = [members for members in worth if seat not in members]
        gains = [abs(worth[members | {seat}] - worth[members]) for members in without]
        if max(gains) > 1e-9:
            active.append(seat)
    active = active or list(seats)
    pot = sum(earned)
    if rule == "equal":
        weights = dict.fromkeys(active, 1.0)
    elif rule == "proportional":
        sign = 1 if pot >= 0 else -1
        weights = {seat: max(0.0, sign * earned[seat]) for seat in active}
    else:
        credit = _credit(worth, len(rules.seats), rule)
        gap = (pot - sum(credit[seat] for seat in active)) / len(active)
        return [credit[seat] + gap if seat in active else 0.0 for seat in seats]
    if sum(weights.values()) == 0:
        weights = dict.fromkeys(active, 1.0)
    total = sum(weights.values())
    return [pot * weights.get(seat, 0.0) / total for seat in seats]


def _as_played(rules: Rules, past: Past) -> dict[frozenset[int], float]:
    """Return what each coalition earns by what it did, if all others idle."""
    worth = {}
    seats = range(len(rules.seats))
    for row in product((False, True), repeat=len(rules.seats)):
        members = frozenset(seat for seat in seats if row[seat])
        lines = []
        for seat in seats:
            done = tuple(joint[seat] for joint in past)
            lines.append(done if seat in members else (IDLE,) * rules.rounds)
        earned = raw(rules, walk(rules, tuple(lines)))
        worth[members] = sum(earned[seat] for seat in members)
    return worth


def _credit(worth: Mapping[frozenset[int], float], n: int, rule: str) -> Numbers:
    credit = [0.0] * n
    if rule == "shapley":
        orders = list(permutations(range(n)))
        for order in orders:
            for place, seat in enumerate(order):
                before = frozenset(order[:place])
                gain = worth[before | {seat}] - worth[before]
                credit[seat] += gain / len(orders)
        return credit
    for seat in range(n):
        without = [members for members in worth if seat not in members]
        gains = [worth[members | {seat}] - worth[members] for members in without]
        credit[seat] = sum(gains) / len(gains)
    return credit


# -- what was agreed -----------------------------------------------------------------------


def agreed_lines(
    rules: Rules, contracts: Sequence[Contract], played: Past
) -> Lines | None:
    """Return what each seat would do if all kept what they signed. None if nothing was signed.

    Where a seat promised nothing it follows the game's plan, or does what is better for it while
    the others keep their promises. A game without a plan has what was done instead.
    """
    if not contracts:
        return None
    seats = range(len(rules.seats))
    signed = min(contract.step for contract in contracts)
    before = played[:signed]
    if rules.plan is None:
        done = [[joint[seat] for joint in played] for seat in seats]
        return _with_promises(rules, contracts, done)
    planned = [list(rules.plan[seat]) for seat in rules.seats]
    start = [[joint[seat] for joint in before] for seat in seats]
    lines = [[*start[seat], *planned[seat][signed:]] for seat in seats]
    again = [[*start[seat], *planned[seat]][: rules.rounds] for seat in seats]
    if signed and _total(rules, again) > _total(rules, lines):
        lines = again
    profile = _with_promises(rules, contracts, lines)
    return _answered(rules, contracts, profile, signed)


def _total(rules: Rules, lines: Sequence[Sequence[str]]) -> float:
    return sum(raw(rules, walk(rules, tuple(tuple(line) for line in lines))))


def _answered(
    rules: Rules, contracts: Sequence[Contract], profile: Lines, signed: int
) -> Lines:
    """Return the lines once no seat gains by other actions that break none of its promises."""
    setting = Setting(contracts, "binding", 0.0, "none")
    free = _free_turns(rules, contracts, signed)
    names = rules.actions
    if sum(len(names) ** len(turns) for turns in free) > MOST_WAYS:
        return profile
    now = profile
    for _ in range(PASSES):
        earlier = now
        for seat, turns in enumerate(free):
            held = payoffs(rules, setting, walk(rules, now))[seat] + NOTICED
            best = now
            for actions in product(names, repeat=len(turns)):
                line = list(now[seat])
                for turn, action in zip(turns, actions, strict=True):
                    line[turn] = action
                if not _keeps_counts(rules, contracts, seat, line):
                    continue
                other = (*now[:seat], tuple(line), *now[seat + 1 :])
                gained = payoffs(rules, setting, walk(rules, other))[seat]
                if gained > held:
                    held, best = gained, other
            now = best
        if now == earlier:
            return now
    return profile


def _free_turns(
    rules: Rules, contracts: Sequence[Contract], signed: int
) -> list[list[int]]:
    """Return the turns of each seat for which it promised no action."""
    promised = set()
    for seat, promise, since in _promises(rules, contracts):
        if isinstance(promise, Does) and promise.step >= since:
            promised.add((seat, promise.step))
    return [
        [turn for turn in range(signed, rules.rounds) if (seat, turn) not in promised]
        for seat in range(len(rules.seats))
    ]


def _keeps_counts(
    rules: Rules, contracts: Sequence[Contract], seat: int, line: Sequence[str]
) -> bool:
    for promiser, promise, since in _promises(rules, contracts):
        if promiser != seat or not isinstance(promise, AtLeast):
            continue
        if line[since:].count(promise.action) < promise.times:
            return False
    return True


def _promises(
    rules: Rules, contracts: Sequence[Contract]
) -> Iterator[tuple[int, Does | AtLeast, int]]:
    """Yield who promised what from which step on."""
    for contract in contracts:
        for clause in contract.offer.terms.clauses:
            promise = clause.condition
            if not isinstance(promise, Does | AtLeast):
                continue
            promiser = clause.payer if promise.unless else clause.payee
            if promise.seat == promiser:
                yield rules.seats.index(promiser), promise, contract.step


def _with_promises(
    rules: Rules, contracts: Sequence[Contract], lines: Sequence[Sequence[str]]
) -> Lines:
    profile = [list(line) for line in lines]
    for seat, promise, since in _promises(rules, contracts):
        line = profile[seat]
        if isinstance(promise, Does):
            if promise.step >= since:
                line[promise.step] = promise.action
            continue
        for step in range(since, rules.rounds):
            if line[since:].count(promise.action) < promise.times:
                line[step] = promise.action
    return tuple(tuple(line) for line in profile)
