"""Offers as sentences, in the words in which signed terms are shown.

So who has read a contract can say the next one. `records.wording` writes these words.
"""

from __future__ import annotations

import re
from typing import Any

from shapley_coop.agents.clauses import ALL, FROM_NOW_ON

FORMS = (
    "PAYER pays PAYEE PRICE if SEAT does ACTION",
    "... at step N, at least N times or from now on; if the game ends with OUTCOME; unless for if",
    "the plan: SEAT ACTION 2 times, then ACTION; PAYER pays PAYEE PRICE if all keep the plan",
    "... unless SEAT keeps its part of the plan",
)
"""What can be written, a line each. A price is an amount or a percentage."""

_CLAUSE = re.compile(
    r"(?P<payer>\S+) pays? (?P<payee>\S+) (?P<price>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d*\.?\d+)"
    r"(?P<percent> ?%| percent)?(?: of its reward)?(?: (?P<when>(?:if|unless) .+))?",
    re.DOTALL,
)
_PLAN = re.compile(r"the plan: (?P<who>each of .+ and \S+|\S+) (?P<course>.+)")
_DEED = re.compile(
    r"(?P<seat>\S+) does (?P<action>\S+)"
    r"(?: at step (?P<step>\d+)| at least (?P<times>once|\d+ times)| (?P<ever>from now on))?"
)
_KEEPS = re.compile(
    r"(?:(?P<all>all) keep the plan|(?P<seat>\S+) keeps its part of the plan)"
)
_OUTCOME = re.compile(r"the game ends with (?P<outcome>.+)")
_PART = re.compile(r"(?P<action>\S+)(?: (?P<times>\d+) times)?")


def read_sentences(text: str) -> dict[str, Any]:
    """Return an offer's clauses and plan as `agents.clauses` reads them.

    Args:
        text: sentences, with semicolons between them.

    Raises:
        ValueError: a sentence is none, with what can be written.
    """
    clauses: list[dict[str, Any]] = []
    plan: list[dict[str, Any]] = []
    for sentence in text.strip().removesuffix(";").split(";"):
        words = " ".join(sentence.split()).removesuffix(".")
        part = _PLAN.fullmatch(words)
        if part:
            plan += _plan_said(part["who"], part["course"])
            continue
        clause = _CLAUSE.fullmatch(words)
        if clause is None:
            raise ValueError(f"{words!r} is no clause; write {FORMS[0]}")
        clauses.append(_clause_said(clause))
    return {"clauses": clauses, "plan": plan}


def _clause_said(match: re.Match[str]) -> dict[str, Any]:
    when = {"due": "always"}
    if match["when"]:
        due, _, words = match["when"].partition(" ")
        when = {"due": due, **_condition_said(words)}
    return {
        "payer": match["payer"],
        "payee": match["payee"],
        "price": float(match["price"].replace(",", "")),
        "unit": "percent" if match["percent"] else "reward",
        "when": when,
    }


def _condition_said(words: str) -> dict[str, Any]:
    keeps = _KEEPS.fullmatch(words)
    if keeps:
        return {"keeps": ALL if keeps["all"] else keeps["seat"]}
    outcome = _OUTCOME.fullmatch(words)
    if outcome:
        return {"outcome": outcome["outcome"]}
    deed = _DEED.fullmatch(words)
    if deed is None:
        raise ValueError(f"{words!r} is no condition; write {'; '.join(FORMS[1:])}")
    said: dict[str, Any] = {"seat": deed["seat"], "action": deed["action"]}
    if deed["times"]:
        said["times"] = 1 if deed["times"] == "once" else int(deed["times"].split()[0])
    if deed["step"]:
        said["step"] = int(deed["step"])
    if deed["ever"]:
        said["step"] = FROM_NOW_ON
    return said


def _plan_said(who: str, course: str) -> list[dict[str, Any]]:
    """Return the same actions for every seat that a sentence names."""
    actions: list[str] = []
    for words in course.split(", then "):
        part = _PART.fullmatch(words)
        if part is None:
            raise ValueError(f"{words!r} is no part of a plan; write {FORMS[2]}")
        actions += [part["action"]] * int(part["times"] or 1)
    seats = re.split(r", | and ", who.removeprefix("each of "))
    return [{"seat": seat, "actions": actions} for seat in seats]
