"""Plain words for records, and agents' text made harmless: no control characters, no new lines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from shapley_coop.records import (
    Always,
    AtLeast,
    Breach,
    Clause,
    Condition,
    Does,
    Seat,
    Terms,
)

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\|$)"  # operating system commands, such as hyperlinks
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # colours, cursor moves
    r"|\x1b[@-_]?"
)
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
_MANY = 3


def clean(text: str, limit: int = 600) -> str:
    """Return text as one line of visible characters, cut after `limit` of them.

    Terminal escapes, control characters, invisible and direction-changing marks disappear.
    """
    text = _ESCAPES.sub("", text[: 8 * limit])
    text = "".join(" " if c.isspace() else c for c in text)
    text = "".join(c for c in text if unicodedata.category(c) not in _HIDDEN)
    text = re.sub(r" {2,}", " ", text).strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def number(value: float | None, *, sign: bool = False) -> str:
    """Return a value with at most two decimals, four where it is small; a dash for none."""
    if value is None:
        return "-"
    digits = 4 if 0 < abs(value) < 0.01 else 2
    text = f"{value:+,.{digits}f}" if sign else f"{value:,.{digits}f}"
    return f"{0:.2f}" if float(text.replace(",", "")) == 0 else text


def percent(share: float | None) -> str:
    """Return a share as percent."""
    return "-" if share is None else f"{100 * share:.3g} %"


def names(seats: Sequence[Seat]) -> str:
    """Return seats as words; of many, the first and the last with their number."""
    seats = [clean(seat, 40) for seat in seats]
    if len(seats) > 6:
        return f"{seats[0]}, {seats[1]} … {seats[-1]} ({len(seats)} seats)"
    if len(seats) < 2:
        return "".join(seats)
    return f"{', '.join(seats[:-1])} and {seats[-1]}"


def condition(given: Condition) -> str:
    """Return a condition in plain words, with a leading blank; nothing for `always`."""
    if isinstance(given, Always):
        return ""
    word = "unless" if given.unless else "if"
    if isinstance(given, Does):
        return f" {word} {clean(given.seat)} does {clean(given.action)} at step {given.step}"
    if isinstance(given, AtLeast):
        times = "once" if given.times == 1 else f"{given.times} times"
        return (
            f" {word} {clean(given.seat)} does {clean(given.action)} at least {times}"
        )
    return f" {word} the game ends with {clean(given.outcome)}"


def price(clause: Clause) -> str:
    """Return a price in plain words."""
    if clause.unit == "share":
        return f"{percent(clause.price)} of its reward"
    return number(clause.price)


def clause_text(clause: Clause) -> str:
    """Return a clause in plain words."""
    return (
        f"{clean(clause.payer)} pays {clean(clause.payee)} {price(clause)}"
        f"{condition(clause.condition)}"
    )


class _Shape(NamedTuple):
    """What similar clauses have in common: all but who pays whom, and whose action counts."""

    unit: str
    condition: str
    actor: str


def _shape(clause: Clause) -> _Shape:
    given = clause.condition
    if not isinstance(given, Does | AtLeast):
        return _Shape(clause.unit, condition(given), "")
    actor = {clause.payer: "the payer", clause.payee: "the payee"}.get(
        given.seat, given.seat
    )
    return _Shape(
        clause.unit, condition(given.model_copy(update={"seat": actor})), actor
    )


def clauses_text(clauses: Iterable[Clause]) -> list[str]:
    """Return clauses in plain words; more than three that differ only by seats become one line."""
    groups: dict[_Shape, list[Clause]] = {}
    for clause in clauses:
        groups.setdefault(_shape(clause), []).append(clause)
    said = []
    for shape, group in groups.items():
        if len(group) <= _MANY:
            said += [clause_text(clause) for clause in group]
        else:
            said.append(_group_text(shape, group))
    return said


def _group_text(shape: _Shape, group: Sequence[Clause]) -> str:
    payers = list(dict.fromkeys(clause.payer for clause in group))
    payees = list(dict.fromkeys(clause.payee for clause in group))
    prices = sorted({clause.price for clause in group})
    low, high = (
        group[0].model_copy(update={"price": p}) for p in (prices[0], prices[-1])
    )
    amount = price(low) if len(prices) == 1 else f"{price(low)} to {price(high)}"
    rest = f"{amount}{shape.condition}"
    if len(payers) > 1 and len(payees) > 1:
        sides = f"one of {names(payers)} pays one of {names(payees)}"
        return f"{len(group):,} clauses, in each {sides} {rest}"
    who = names(payers) if len(payers) == 1 else f"each of {names(payers)}"
    whom = names(payees) if len(payees) == 1 else f"each of {names(payees)}"
    return f"{who} pays {whom} {rest} ({len(group):,} clauses)"


def terms_text(terms: Terms) -> list[str]:
    """Return what an offer says, a line a point."""
    said = clauses_text(terms.clauses)
    if terms.shares is not None:
        said += [f"the pot is divided: {shares_text(terms.shares)}"]
    return said or ["nothing is owed"]


def shares_text(shares: dict[Seat, float]) -> str:
    """Return shares of the pot in words; of many, grouped by size."""
    if len(shares) <= 6:
        return ", ".join(
            f"{clean(seat)} {percent(share)}" for seat, share in shares.items()
        )
    groups: dict[str, list[Seat]] = {}
    for seat, share in shares.items():
        groups.setdefault(percent(share), []).append(seat)
    rows = sorted(groups.items(), key=lambda row: -len(row[1]))
    said = [
        f"{size} to {'each of ' if len(g) > 1 else ''}{names(g)}"
        for size, g in rows[:4]
    ]
    return "; ".join(said) + (f"; {len(rows) - 4} other sizes" if len(rows) > 4 else "")


def breach_text(breach: Breach) -> str:
    """Return a breach in plain words."""
    what = "did not act as promised" if breach.broken == "action" else "did not pay"
    return f"{clean(breach.seat)} {what}: {clause_text(breach.clause)}"
