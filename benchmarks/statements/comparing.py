"""The statements of an episode held against what enumeration says is true."""

from __future__ import annotations

import re
from collections import Counter
from itertools import product
from typing import NamedTuple

from benchmarks.statements.brute_force import (
    against_record,
    best_gain,
    has_perfect_course,
    has_perfect_course_by_strategies,
    is_dominant,
    worst_case,
)
from benchmarks.statements.plain_money import (
    NOTICED,
    Lines,
    Setting,
    agreed_lines,
    lines_of,
    payoffs,
    secure,
    walk,
)
from benchmarks.statements.random_games import Past, RandomGame
from benchmarks.statements.random_plays import Case
from shapley_coop.negotiation.checks.equilibrium import equilibrium
from shapley_coop.records import Core, Episode, Equilibrium
from shapley_coop.runs.report.standing import stability

MOST_PLAYS = 3_000
"""Plays up to which equilibria are checked here. The report's own bound is lower."""
ROUNDING = 0.00501
"""How far a printed number may be from what it stands for."""
MOST_STRATEGIES = 2_000
"""Profiles of strategies up to which subgame perfection is enumerated once more by them."""


class Comparison(NamedTuple):
    """What was stated about an episode, and what of it is false."""

    made: Counter[str]
    """Statements by kind."""
    mistakes: list[str]


def compare(case: Case, episode: Episode) -> Comparison:
    """Return every statement of an episode that enumeration does not confirm."""
    comparison = Comparison(Counter(), [])
    text = " ".join(stability(episode))
    _compare_rationality(case, episode, text, comparison)
    _compare_equilibrium(case, episode, text, comparison)
    _compare_core(case, episode, text, comparison)
    return comparison


def _note(comparison: Comparison, kind: str, *, right: bool, what: str) -> None:
    comparison.made[kind] += 1
    if not right:
        comparison.mistakes.append(f"{kind}: {what}")


def _played(episode: Episode) -> Past:
    return tuple(
        tuple(step.actions[seat] for seat in episode.seats) for step in episode.steps
    )


def _setting(case: Case, episode: Episode) -> Setting:
    """Return what payoffs followed from, with the division that was certain before play."""
    protocol = case.config.protocol
    rule = protocol.split
    if rule == "negotiated":
        rule = "none"
    if rule == "none" and protocol.split == "none" and episode.arbitrated:
        rule = "shapley"
    return Setting(episode.contracts, protocol.settlement, protocol.deposit, rule)


def _judged(case: Case, episode: Episode) -> Lines:
    """Return the lines that statements are about: what was agreed, or else what was played."""
    played = _played(episode)
    agreed = agreed_lines(case.rules, episode.contracts, played)
    if agreed is not None:
        return agreed
    return lines_of(played)


def _compare_rationality(
    case: Case, episode: Episode, text: str, comparison: Comparison
) -> None:
    check = episode.checks.rationality if episode.checks else None
    rules = case.rules
    signed = bool(episode.contracts) or episode.division is not None
    if check is None:
        right = not signed or not rules.secure
        _note(comparison, "rationality left out", right=right, what="it was signed")
        return
    setting = _setting(case, episode)._replace(settlement="binding")
    protocol = case.config.protocol
    if protocol.split == "negotiated" and episode.arbitrated:
        setting = setting._replace(rule="shapley")
    if episode.division is not None:
        shares = episode.division.offer.terms.shares
        setting = setting._replace(shares=shares)
    held = payoffs(rules, setting, walk(rules, _judged(case, episode)))
    margins = {}
    for place, seat in enumerate(rules.seats):
        margins[seat] = held[place] - secure(rules, (), place)[0]
    differs = [
        seat
        for seat in rules.seats
        if abs(check.margins.get(seat, 99.0) - margins[seat]) > NOTICED
    ]
    what = f"margins {check.margins}, enumerated {margins}"
    _note(comparison, "margins", right=not differs, what=what)
    least = min(margins.values())
    rational = least >= -NOTICED
    said = "not individually rational" not in text and "individually rational" in text
    right = check.holds == rational == said
    before = "gains least, " if rational else "signed for "
    right = right and _says(text, before, abs(least))
    _note(comparison, "rationality", right=right, what=f"{text}; least {least}")


def _compare_equilibrium(
    case: Case, episode: Episode, text: str, comparison: Comparison
) -> None:
    rules = case.rules
    setting = _setting(case, episode)
    lines = _judged(case, episode)
    check = episode.checks.equilibrium if episode.checks else None
    if check is not None:
        _compare_verdict(case, setting, lines, check, comparison)
        _compare_words(case, episode, lines, check, text, comparison)
    if setting.rule != "none":
        return
    # Where no rule divides, plays are cheap enough to go beyond the bound of every episode.
    game = RandomGame(rules)
    protocol = case.config.protocol
    deeper = equilibrium(game, episode, protocol, most=MOST_PLAYS)
    if deeper is not None:
        _compare_verdict(case, setting, lines, deeper, comparison)


def _compare_verdict(
    case: Case,
    setting: Setting,
    lines: Lines,
    check: Equilibrium,
    comparison: Comparison,
) -> None:
    rules = case.rules
    gain = best_gain(rules, setting, lines)
    said = check.deviation.gain if check.deviation else 0.0
    right = check.nash == (gain <= NOTICED) and abs(said - gain) <= NOTICED
    _note(comparison, "nash", right=right, what=f"gain {said}, enumerated {gain}")
    if check.dominant is not None:
        dominant = gain <= NOTICED and is_dominant(rules, setting, lines)
        right = check.dominant == dominant
        _note(
            comparison, "dominant", right=right, what=f"{check}, enumerated {dominant}"
        )
    if check.subgame_perfect is None:
        return
    perfect = has_perfect_course(rules, setting, lines)
    right = check.subgame_perfect == perfect
    _note(comparison, "subgame perfect", right=right, what=f"enumerated {perfect}")
    strategies = 1
    for seat in range(len(rules.seats)):
        strategies *= len(rules.legal[(), seat])
        for joint in product(
            *(rules.legal[(), other] for other in range(len(rules.seats)))
        ):
            strategies *= len(rules.legal[(joint,), seat])
    if strategies <= MOST_STRATEGIES:
        once_more = has_perfect_course_by_strategies(rules, setting, lines)
        right = check.subgame_perfect == once_more
        what = f"by strategies {once_more}"
        _note(comparison, "subgame perfect by strategies", right=right, what=what)


def _compare_words(
    case: Case,
    episode: Episode,
    lines: Lines,
    check: Equilibrium,
    text: str,
    comparison: Comparison,
) -> None:
    """Compare what the sentence says beside the verdict."""
    followed = walk(case.rules, lines) == _played(episode)
    says_contracts = "contracts" in text.split("individually rational", 1)[-1]
    wants_contracts = bool(episode.contracts)
    says_agreed = "which is not what was played" in text
    no_equilibrium = "is no equilibrium among fixed plans" in text
    right = (
        says_contracts == wants_contracts
        and says_agreed == (not followed)
        and no_equilibrium == (not check.nash)
        and ("with the pot divided" in text) == (_setting(case, episode).rule != "none")
        and ("signed after play is left out" in text) == (episode.division is not None)
    )
    if check.deviation is not None:
        right = right and _says(text, "would gain ", check.deviation.gain)
    _note(comparison, "words on equilibrium", right=right, what=text)


def _compare_core(
    case: Case, episode: Episode, text: str, comparison: Comparison
) -> None:
    rules = case.rules
    convention = case.config.worth.core
    worth = rules.worth
    check = episode.checks.core if episode.checks else None
    if convention == "oracle":
        unusable = worth is None or rules.externalities or worth[frozenset()] != 0
        if check is None or unusable:
            right = check is None and unusable
            _note(comparison, "core left out", right=right, what=str(check))
            return
    if check is None:
        _note(comparison, "core left out", right=False, what=convention)
        return
    excess = {}
    for row in product((False, True), repeat=len(rules.seats)):
        members = frozenset(
            seat for seat, inside in zip(rules.seats, row, strict=True) if inside
        )
        numbers = frozenset(rules.seats.index(seat) for seat in members)
        if convention == "pessimistic":
            value = worst_case(rules, numbers)
        elif convention == "others-continue":
            value = against_record(rules, numbers, _played(episode))
        else:
            value = worth[members] if worth else 0.0
        if members:
            excess[members] = value - sum(episode.payoffs[seat] for seat in members)
    most = max(excess.values())
    surplus = -excess[frozenset(rules.seats)]
    holds = most <= NOTICED and surplus <= NOTICED
    right = check.holds == holds and abs(check.excess - most) <= NOTICED
    right = right and abs(excess[frozenset(check.objector)] - most) <= NOTICED
    what = f"{check}, enumerated {most}, surplus {surplus}"
    _note(comparison, "core", right=right, what=what)
    right = _says_core(check, text, most=most, surplus=surplus, seats=len(rules.seats))
    _note(comparison, "words on core", right=right, what=text)


def _says(text: str, before: str, value: float) -> bool:
    """Return whether some words are followed by a number, up to the rounding of its digits."""
    after = re.search(re.escape(before) + r"[+-]?([0-9.,]+)", text)
    return after is not None and abs(float(after[1].strip(",")) - value) <= ROUNDING


def _says_core(
    check: Core, text: str, *, most: float, surplus: float, seats: int
) -> bool:
    """Return whether the sentence on the core says who objects, by how much, and why."""
    sentence = text[text.index("the final division") :]
    together = len(check.objector) == seats
    objects = most > NOTICED
    exceeds = surplus > NOTICED
    return (
        ("is in the core" in sentence) == (not objects and not exceeds)
        and _says(sentence, "could make ", most) == objects
        and ("all together could make" in sentence) == (objects and together)
        and _says(sentence, "it pays ", surplus) == exceeds
        and not re.search("without the others", sentence)
    )
