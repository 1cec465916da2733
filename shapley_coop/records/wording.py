"""What is agreed, in plain words: conditions, clauses, terms, shares and breaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from shapley_coop.records.base import Line, Seat
from shapley_coop.records.episode import Breach
from shapley_coop.records.terms import (
    Always,
    AtLeast,
    Clause,
    Condition,
    Does,
    Keeps,
    Terms,
)
from shapley_coop.records.words import (
    MOST_NAMES,
    clean,
    each_of,
    every_digit,
    names,
    number,
    percent,
)

# Bounds on what is listed one by one before it is summed up.
_MOST_CLAUSES = 3
_MOST_PAYERS = 24
_MOST_PAIRS = 150
_MOST_SHARES = 4


def condition_text(condition: Condition) -> str:
    """Return a condition in plain words after a blank. `Always` needs no words."""
    if isinstance(condition, Always):
        return ""
    word = "unless" if condition.unless else "if"
    if isinstance(condition, Keeps):
        if condition.seat is None:
            return f" {word} all keep the plan"
        return f" {word} {clean(condition.seat)} keeps its part of the plan"
    if isinstance(condition, Does):
        deed = _deed(condition)
        return f" {word} {deed} at step {condition.step}"
    if isinstance(condition, AtLeast):
        deed = _deed(condition)
        times = f"{condition.times} times"
        if condition.times == 1:
            times = "once"
        return f" {word} {deed} at least {times}"
    outcome = clean(condition.outcome)
    return f" {word} the game ends with {outcome}"


def _deed(condition: Does | AtLeast) -> str:
    seat = clean(condition.seat)
    action = clean(condition.action)
    return f"{seat} does {action}"


def price_text(price: float, unit: str) -> str:
    """Return a price in plain words: an amount, or a share of the payer's reward."""
    if unit == "share":
        share = percent(price)
        return f"{share} of its reward"
    return number(price)


def exact_price_text(price: float, unit: str) -> str:
    """Return a price as `price_text` does, with every digit that it has."""
    if unit == "share":
        # In points of a percent a share has two decimals less, and no other digits.
        return f"{every_digit(100 * price, least=0)} % of its reward"
    return every_digit(price)


PriceText = Callable[[float, str], str]
"""A price and its unit to words."""


def clause_text(clause: Clause, price_text: PriceText = price_text) -> str:
    """Return a clause in plain words."""
    payer = clean(clause.payer)
    payee = clean(clause.payee)
    price = price_text(clause.price, clause.unit)
    condition = condition_text(clause.condition)
    return f"{payer} pays {payee} {price}{condition}"


class _Shape(NamedTuple):
    """What similar clauses have in common: all but who pays whom, and whose action counts."""

    unit: str
    condition: str
    actor: str


def _shape(clause: Clause) -> _Shape:
    condition = clause.condition
    if not isinstance(condition, Does | AtLeast | Keeps) or condition.seat is None:
        return _Shape(clause.unit, condition_text(condition), "")
    # "if the payer does lever" is the same words for every payer, so that such clauses join.
    actor = condition.seat
    if actor == clause.payer:
        actor = "the payer"
    elif actor == clause.payee:
        actor = "the payee"
    general = condition.model_copy(update={"seat": actor})
    return _Shape(clause.unit, condition_text(general), actor)


def clauses_text(
    clauses: Iterable[Clause], price_text: PriceText = price_text
) -> list[str]:
    """Return clauses in plain words.

    More than three that differ only by their seats and prices share lines, one for each payer
    or for each payee, so that it stays readable who pays whom. Only very many are summed up.

    Args:
        clauses: what was agreed.
        price_text: how prices are written, `exact_price_text` for every digit.
    """
    groups: dict[_Shape, list[Clause]] = {}
    for clause in clauses:
        groups.setdefault(_shape(clause), []).append(clause)
    lines = []
    for shape, group in groups.items():
        if len(group) > _MOST_CLAUSES:
            lines += _group_lines(shape, group, price_text)
        else:
            lines += [clause_text(clause, price_text) for clause in group]
    return lines


def _group_lines(
    shape: _Shape, group: Sequence[Clause], price_text: PriceText
) -> list[str]:
    """Return similar clauses in as few lines as say who pays whom how much."""
    payers = list(dict.fromkeys(clause.payer for clause in group))
    payees = list(dict.fromkeys(clause.payee for clause in group))
    one_sided = min(len(payers), len(payees)) == 1
    one_price = len({clause.price for clause in group}) == 1
    too_many = len(group) > _MOST_PAIRS or min(len(payers), len(payees)) > _MOST_PAYERS
    if too_many or (one_sided and one_price):
        return [_group_text(shape, group, payers, payees, price_text)]
    lines = []
    # The shorter side names the lines, and the longer one stands within them.
    if len(payees) < len(payers):
        for payee in payees:
            pays = [(c.payer, c.price) for c in group if c.payee == payee]
            amounts = _amounts(shape, pays, price_text)
            lines.append(f"{clean(payee)} is paid by {amounts}{shape.condition}")
        return lines
    for payer in payers:
        pays = [(c.payee, c.price) for c in group if c.payer == payer]
        amounts = _amounts(shape, pays, price_text)
        lines.append(f"{clean(payer)} pays {amounts}{shape.condition}")
    return lines


def _amounts(
    shape: _Shape, pays: Sequence[tuple[Seat, float]], price_text: PriceText
) -> str:
    """Return seats with their amounts, those of the same amount together."""
    by_price: dict[float, list[Seat]] = {}
    for seat, price in pays:
        by_price.setdefault(price, []).append(seat)
    parts = []
    for price, seats in by_price.items():
        amount = price_text(price, shape.unit)
        parts.append(f"{each_of(seats, most=_MOST_PAYERS)} {amount}")
    return ", ".join(parts)


def _group_text(
    shape: _Shape,
    group: Sequence[Clause],
    payers: Sequence[Seat],
    payees: Sequence[Seat],
    price_text: PriceText,
) -> str:
    rest = _price_range(shape, group, price_text) + shape.condition
    count = len(group)
    # With several seats on both sides it is not said who pays whom: only that pairs do.
    if len(payers) > 1 and len(payees) > 1:
        sides = f"one of {names(payers)} pays one of {names(payees)}"
        return f"{count:,} clauses, in each {sides} {rest}"
    payer = each_of(payers, most=_MOST_PAYERS)
    payee = each_of(payees, most=_MOST_PAYERS)
    return f"{payer} pays {payee} {rest} ({count:,} clauses)"


def _price_range(shape: _Shape, group: Sequence[Clause], price_text: PriceText) -> str:
    prices = {clause.price for clause in group}
    low = price_text(min(prices), shape.unit)
    if len(prices) == 1:
        return low
    high = price_text(max(prices), shape.unit)
    return f"{low} to {high}"


def terms_text(terms: Terms, price_text: PriceText = price_text) -> list[str]:
    """Return what an offer says, one line a point.

    Args:
        terms: what it says.
        price_text: how prices are written, `exact_price_text` for every digit.
    """
    lines = [*plan_text(terms.plan), *clauses_text(terms.clauses, price_text)]
    if terms.shares is not None:
        division = shares_text(terms.shares)
        lines.append(f"the pot is divided: {division}")
    return lines or ["nothing is owed"]


def plan_text(plan: Mapping[Seat, Line]) -> list[str]:
    """Return what each seat is to do, one line for those that are to do the same."""
    by_line: dict[Line, list[Seat]] = {}
    for seat, line in plan.items():
        by_line.setdefault(line, []).append(seat)
    lines = []
    for line, seats in by_line.items():
        lines.append(f"the plan: {each_of(seats)} {line_text(line)}")
    return lines


def line_text(line: Line) -> str:
    """Return actions one after another in plain words, equal ones together."""
    runs = [(action, len(list(same))) for action, same in groupby(line)]
    deeds = [
        clean(action) if times == 1 else f"{clean(action)} {times} times"
        for action, times in runs
    ]
    return ", then ".join(deeds)


def shares_text(shares: Mapping[Seat, float]) -> str:
    """Return shares of the pot in words. Many shares are grouped by their size."""
    if len(shares) <= MOST_NAMES:
        parts = [f"{clean(seat)} {percent(share)}" for seat, share in shares.items()]
        return ", ".join(parts)
    groups: dict[str, list[Seat]] = {}
    for seat, share in shares.items():
        groups.setdefault(percent(share), []).append(seat)
    # The sizes that most seats get are the ones that tell what kind of division it is.
    rows = sorted(groups.items(), key=lambda row: -len(row[1]))
    parts = []
    for size, seats in rows[:_MOST_SHARES]:
        parts.append(f"{size} to {each_of(seats)}")
    others = len(rows) - _MOST_SHARES
    if others > 0:
        parts.append(f"{others} other sizes")
    return "; ".join(parts)


def breach_text(breach: Breach) -> str:
    """Return a breach in plain words."""
    seat = clean(breach.seat)
    clause = clause_text(breach.clause)
    deed = "did not pay"
    if breach.broken == "action":
        deed = "did not act as promised"
    return f"{seat} {deed}: {clause}"
