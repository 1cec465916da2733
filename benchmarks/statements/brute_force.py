"""What is true of a random game and its contracts, by plain enumeration."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from benchmarks.statements.plain_money import (
    NOTICED,
    Lines,
    Numbers,
    Setting,
    joints,
    payoffs,
    raw,
    walk,
)
from benchmarks.statements.random_games import Joint, Past, Rules

# -- equilibria ----------------------------------------------------------------------------


def all_lines(rules: Rules) -> list[tuple[str, ...]]:
    """Return every line of actions."""
    return list(product(rules.actions, repeat=rules.rounds))


def best_gain(rules: Rules, setting: Setting, lines: Lines) -> float:
    """Return the most that any seat gains by another line while the others keep theirs."""
    now = payoffs(rules, setting, walk(rules, lines))
    most = 0.0
    for seat in range(len(rules.seats)):
        for line in all_lines(rules):
            changed = (*lines[:seat], line, *lines[seat + 1 :])
            then = payoffs(rules, setting, walk(rules, changed))
            most = max(most, then[seat] - now[seat])
    return most


def is_dominant(rules: Rules, setting: Setting, lines: Lines) -> bool:
    """Return whether every seat's line is a best answer to all lines of the others."""
    n = len(rules.seats)
    held: dict[Lines, Numbers] = {}
    for profile in product(all_lines(rules), repeat=n):
        held[profile] = payoffs(rules, setting, walk(rules, profile))
    for profile, now in held.items():
        for seat in range(n):
            kept = (*profile[:seat], lines[seat], *profile[seat + 1 :])
            if kept not in held:
                held_kept = payoffs(rules, setting, walk(rules, kept))
            else:
                held_kept = held[kept]
            if now[seat] > held_kept[seat] + NOTICED:
                return False
    return True


def has_perfect_course(rules: Rules, setting: Setting, lines: Lines) -> bool:
    """Return whether a subgame-perfect equilibrium of a game of two rounds takes this course.

    An equilibrium is chosen for every second round, then first actions have to answer best.
    """
    course = walk(rules, lines)
    first = course[:1]
    answers = {}
    for joint in joints(rules, ()):
        answers[joint] = second_round(rules, setting, (joint,))
        if not answers[joint]:
            return False
    if course not in answers[first[0]]:
        return False
    ends = {
        joint: [payoffs(rules, setting, end) for end in answers[joint]]
        for joint in answers
    }
    kept = payoffs(rules, setting, course)
    for seat in range(len(rules.seats)):
        for joint in answers:
            others_keep = all(
                joint[other] == first[0][other]
                for other in range(len(rules.seats))
                if other != seat
            )
            if not others_keep or joint == first[0]:
                continue
            # Whoever deviates can be met with the equilibrium that is worst for it.
            if min(end[seat] for end in ends[joint]) > kept[seat] + NOTICED:
                return False
    return True


def second_round(rules: Rules, setting: Setting, past: Past) -> list[Past]:
    """Return the ends of all equilibria in pure strategies of what is left after one round."""
    options = joints(rules, past)
    held = {joint: payoffs(rules, setting, (*past, joint)) for joint in options}
    ends = []
    for joint, now in held.items():
        stays = True
        for other, then in held.items():
            differs = [seat for seat in range(len(joint)) if joint[seat] != other[seat]]
            if len(differs) == 1 and then[differs[0]] > now[differs[0]] + NOTICED:
                stays = False
        if stays:
            ends.append((*past, joint))
    return ends


def has_perfect_course_by_strategies(
    rules: Rules, setting: Setting, lines: Lines
) -> bool:
    """Return the same by going through every profile of strategies of a small game.

    A strategy says what a seat does first, and what it does after each first round.
    """
    n = len(rules.seats)
    firsts = joints(rules, ())
    strategies = []
    for seat in range(n):
        later = [rules.legal[(joint,), seat] for joint in firsts]
        own = []
        for opening in rules.legal[(), seat]:
            own += [
                (opening, dict(zip(firsts, rest, strict=True)))
                for rest in product(*later)
            ]
        strategies.append(own)
    course = walk(rules, lines)
    stable = {joint: second_round(rules, setting, (joint,)) for joint in firsts}
    for profile in product(*strategies):
        ends = {}
        for joint in firsts:
            ends[joint] = (joint, tuple(strategy[1][joint] for strategy in profile))
        opening = tuple(strategy[0] for strategy in profile)
        if ends[opening] != course:
            continue
        if any(ends[joint] not in stable[joint] for joint in firsts):
            continue
        held = {joint: payoffs(rules, setting, end) for joint, end in ends.items()}
        if all(_keeps(opening, joint, held) for joint in firsts):
            return True
    return False


def _keeps(opening: Joint, joint: Joint, held: Mapping[Joint, Numbers]) -> bool:
    differs = [seat for seat in range(len(joint)) if joint[seat] != opening[seat]]
    if len(differs) != 1:
        return True
    return held[joint][differs[0]] <= held[opening][differs[0]] + NOTICED


# -- coalitions ----------------------------------------------------------------------------


def worst_case(rules: Rules, members: frozenset[int], past: Past = ()) -> float:
    """Return what members are sure of in sum, whatever the others reply in each step."""
    if len(past) == rules.rounds:
        return 0.0
    least: dict[Joint, float] = {}
    for joint in joints(rules, past):
        own = tuple(joint[seat] for seat in sorted(members))
        later = (*past, joint)
        now = sum(rules.rewards[later][seat] for seat in members)
        value = now + worst_case(rules, members, later)
        least[own] = min(least.get(own, float("inf")), value)
    return max(least.values())


def against_record(rules: Rules, members: frozenset[int], played: Past) -> float:
    """Return the most that members can make in sum if the others act as they did."""
    best = float("-inf")
    seats = range(len(rules.seats))
    options = [all_lines(rules) if seat in members else [()] for seat in seats]
    for chosen in product(*options):
        lines = list(chosen)
        for seat in seats:
            if seat not in members:
                lines[seat] = tuple(joint[seat] for joint in played)
        earned = raw(rules, walk(rules, tuple(lines)))
        best = max(best, sum(earned[seat] for seat in members))
    return best
