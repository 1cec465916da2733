"""Entries of a work log in words: which kind of work an entry tells of, and how much.

The rules are plain and few. An amount is a number that stands before the word for what was done,
as in `completed: 2 decisions made`. Lines of code, and what was fixed, are told again and again as
totals, so the largest number counts. Decisions and documents are told one by one, so they add up.
An entry that says twice the same of the same role counts once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from shapley_coop.shapley.work_evidence import KINDS, Kind

MOST_AMOUNT = 10_000_000
MOST_TEXT = 4000
"""Characters of an entry that are read."""


class WorkEntry(NamedTuple):
    """Something that a log says of a role."""

    role: str
    text: str


_NUMBER = r"(?<![\w.])(?P<count>\d{1,3}(?:,\d{3})+|\d+)"
# Up to three words may stand between a number and what it counts.
_BETWEEN = r"(?:[ -](?!lines?\b)[\w/.+]{1,30}){0,3}?[ -]"
_UNITS: Mapping[Kind, str] = {
    "code": r"lines?\b(?! (?:of )?(?:doc|text|manual))",
    "fixes": r"(?:issues?|bugs?|errors?|fix(?:es)?|defects?|handlers?|handling)\b",
    "decisions": r"(?:decisions?|languages?|technolog\w*|authori[sz]ations?|approvals?|"
    r"scopes?|choices?)\b",
    "documents": r"(?:manual\S*|documents?|documentation|verifications?|checks?|proposals?|"
    r"components?|requirements?|specifications?|READMEs?)(?:\b|$)",
}
_WORDS: Mapping[Kind, str] = {
    "fixes": r"\b(?:fix(?:ed|es)?|resolv\w+|mend\w*|debug\w*)\b",
    "decisions": r"\b(?:decid\w+|approv\w+|select\w+|chose\w*|authori[sz]\w+)\b",
    "documents": r"\b(?:document\w*|manual|specif\w+|requirements?)\b",
}
_AMOUNTS = {
    kind: re.compile(_NUMBER + _BETWEEN + unit, re.IGNORECASE)
    for kind, unit in _UNITS.items()
}
_MENTIONS = {kind: re.compile(words, re.IGNORECASE) for kind, words in _WORDS.items()}
_TOTALS: tuple[Kind, ...] = ("code", "fixes")
"""Kinds of which entries tell totals."""


def amounts_in(text: str) -> dict[Kind, int]:
    """Return how much of each kind an entry tells of. What is told without a number is 1."""
    amounts: dict[Kind, int] = {}
    text = text[:MOST_TEXT]
    for kind in KINDS:
        numbers = [match["count"] for match in _AMOUNTS[kind].finditer(text)]
        if numbers:
            amounts[kind] = max(_whole(number) for number in numbers)
    if amounts:
        return amounts
    for kind, words in _MENTIONS.items():
        if words.search(text):
            return {kind: 1}
    return {}


def _whole(number: str) -> int:
    return min(int(number.replace(",", "")), MOST_AMOUNT)


def count_entries(entries: Iterable[WorkEntry]) -> dict[str, dict[Kind, float]]:
    """Return the amounts of work by role, in the order in which roles come first."""
    counts: dict[str, dict[Kind, float]] = {}
    for entry in dict.fromkeys(entries):
        totals = counts.setdefault(entry.role, dict.fromkeys(KINDS, 0.0))
        for kind, amount in amounts_in(entry.text).items():
            before = totals[kind]
            totals[kind] = max(before, amount) if kind in _TOTALS else before + amount
    return counts
