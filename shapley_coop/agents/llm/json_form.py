"""What a language model writes and how it is read: JSON by schema, or the paper's tags.

Both forms become the same typed values. Reading raises ValueError with the exact fault, which the
model is shown; nothing is guessed and no price is repaired.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any, TypeVar

from pydantic import ValidationError

from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.interfaces.model import Schema
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Counter,
    Does,
    Halt,
    Move,
    Propose,
    Record,
    Reject,
    Terms,
    Wait,
)

R = TypeVar("R", bound=Record)

MOST_CLAUSES = 8
"""Clauses in one offer, at most; fewer seats may offer only as many clauses as there are seats."""
SPEECH = 80
"""Characters of reasoning or talk in one answer."""
MOST_POINTS = 100
PAIRS_UP_TO = 6
"""Up to this many seats, who pays whom is one choice, so that no seat can pay itself."""


def _object(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _text() -> Schema:
    return {"type": "string", "maxLength": SPEECH}


def _one_of(values: Any) -> Schema:
    return {"type": "string", "enum": list(values)}


def believe_schema(view: View) -> Schema:
    """Return the schema of stated beliefs: a value for every coalition that is asked about."""
    values = _object(**{label: {"type": "number"} for label in view.coalitions})
    return _object(
        pot={"type": "number"},
        externality=_one_of(["positive", "negative", "none"]),
        values=values,
        reason=_text(),
    )


def act_schema(view: View) -> Schema:
    """Return the schema of an action."""
    return _object(reason=_text(), action=_one_of(view.actions))


def move_schema(view: View) -> Schema:
    """Return the schema of the moves that are legal now."""
    table = _table(view)
    return _object(move={"anyOf": [_move(view, table, kind) for kind in table.legal]})


def _move(view: View, table: TableView, kind: str) -> Schema:
    kind_of, say = _one_of([kind]), _text()
    if kind not in ("propose", "counter"):
        return _object(kind=kind_of, say=say)
    if table.phase == "split":
        points = {"type": "integer", "minimum": 0, "maximum": MOST_POINTS}
        return _object(
            kind=kind_of, points=_object(**dict.fromkeys(view.seats, points)), say=say
        )
    if len(view.seats) <= PAIRS_UP_TO:
        pair: dict[str, Schema] = {"transfer": _one_of(_pairs(view))}
    else:
        pair = {"payer": _one_of(view.seats), "payee": _one_of(view.seats)}
    clause = _object(
        **pair,
        price={"type": "number", "minimum": 0},
        unit=_one_of(["reward", "percent"]),
        seat=_one_of(view.seats),
        action=_one_of(table.actions),
    )
    clauses = {
        "type": "array",
        "items": clause,
        "minItems": 1,
        "maxItems": min(MOST_CLAUSES, len(view.seats)),
    }
    return _object(kind=kind_of, clauses=clauses, say=say)


def _pairs(view: View) -> dict[str, tuple[str, str]]:
    """Return who can pay whom, by the words that say so."""
    return {
        f"{payer} pays {payee}": (payer, payee)
        for payer, payee in permutations(view.seats, 2)
    }


def read_beliefs(given: Mapping[str, Any], view: View) -> Beliefs:
    """Return typed beliefs; raises ValueError with what is wrong."""
    beliefs = _validated(Beliefs, given)
    if set(beliefs.values) != set(view.coalitions):
        raise ValueError(
            f"values must be given for exactly: {', '.join(view.coalitions)}"
        )
    return beliefs


def read_action(given: Mapping[str, Any], view: View) -> str:
    """Return a legal action; raises ValueError with what is wrong."""
    action = given.get("action")
    if not isinstance(action, str) or action not in view.actions:
        raise ValueError(
            f"action is {action!r}; it must be one of: {', '.join(view.actions)}"
        )
    return action


def read_move(given: Mapping[str, Any], view: View) -> Move:
    """Return a move of a legal kind; raises ValueError with what is wrong."""
    table = _table(view)
    move = given.get("move", given)
    if not isinstance(move, Mapping):
        raise ValueError(f"move is {move!r}; it must be an object with a kind")
    kind, say = move.get("kind"), str(move.get("say", ""))[:SPEECH]
    if kind not in table.legal:
        raise ValueError(
            f"kind is {kind!r}; it must be one of: {', '.join(table.legal)}"
        )
    if kind in ("propose", "counter"):
        terms = _terms(move, view, table)
        return (
            Propose(terms=terms, say=say)
            if kind == "propose"
            else Counter(terms=terms, say=say)
        )
    if kind == "accept" and table.standing is not None:
        return Accept(offer=table.standing.id, say=say)
    plain: dict[str, Callable[..., Move]] = {
        "reject": Reject,
        "halt": Halt,
        "wait": Wait,
    }
    return plain[str(kind)](say=say)


def _terms(move: Mapping[str, Any], view: View, table: TableView) -> Terms:
    if table.phase == "split":
        points = move.get("points")
        if not isinstance(points, Mapping) or set(points) != set(view.seats):
            raise ValueError(f"points must name exactly: {', '.join(view.seats)}")
        given = {seat: _number(points[seat], "points") for seat in view.seats}
        total = sum(given.values())
        if min(given.values()) < 0 or total <= 0:
            raise ValueError("points must not be negative, nor all 0")
        return _validated(
            Terms, {"shares": {s: part / total for s, part in given.items()}}
        )
    clauses = move.get("clauses")
    if not isinstance(clauses, list) or not clauses:
        raise ValueError("an offer needs at least one clause")
    return Terms(clauses=tuple(_clause(clause, view) for clause in clauses))


def _clause(given: Any, view: View) -> Clause:
    if not isinstance(given, Mapping):
        raise ValueError(f"a clause must be an object, got {given!r}")
    payer, payee = given.get("payer"), given.get("payee")
    if "transfer" in given:
        pairs = _pairs(view)
        if given["transfer"] not in pairs:
            raise ValueError(f"transfer must be one of: {'; '.join(pairs)}")
        payer, payee = pairs[given["transfer"]]
    price = _number(given.get("price"), "price")
    unit = given.get("unit", "reward")
    condition = Does.model_construct(
        seat=given.get("seat", payee), action=given.get("action"), step=view.step
    )
    return _validated(
        Clause,
        {
            "payer": payer,
            "payee": payee,
            "price": price / 100 if unit == "percent" else price,
            "unit": "share" if unit == "percent" else unit,
            "condition": condition.model_dump(),
        },
    )


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}; it must be a number")
    return float(value)


def _validated(record: type[R], given: Any) -> R:
    try:
        return record.model_validate(given)
    except ValidationError as error:
        faults = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'value'}: {fault['msg']}"
            for fault in error.errors()[:3]
        ]
        raise ValueError("; ".join(faults)) from error


def _table(view: View) -> TableView:
    if view.table is None:
        raise ValueError("this view is not of a table")
    return view.table


# -- the paper's tags ------------------------------------------------------------------------

_OFFER = re.compile(
    r"I (?P<verb>propose|counter-propose)(?: that)? (?P<payer>\S+) pays? (?P<payee>\S+) "
    r"(?P<price>\d+(?:\.\d+)?)(?P<percent> ?%| percent)? if (?P<seat>\S+) does (?P<action>\S+?)"
    r"(?: because (?P<why>.*))?",
    re.DOTALL,
)
_ANSWER = re.compile(
    r"I (?P<verb>agree|disagree|halt|wait)\b\.?(?: because (?P<why>.*))?", re.DOTALL
)
_KINDS = {"agree": "accept", "disagree": "reject", "halt": "halt", "wait": "wait"}


def tagged_move(text: str, view: View) -> Move:
    """Return the move in the text between the paper's tags; raises ValueError if it is none.

    The offer and response templates of Shapley-Coop (2025, Sect. 3), with the seat and action
    that a price is for made explicit.
    """
    text = text.strip()
    offer = _OFFER.fullmatch(text)
    if offer:
        clause = {key: offer[key] for key in ("payer", "payee", "seat", "action")}
        clause |= {
            "price": float(offer["price"]),
            "unit": "percent" if offer["percent"] else "reward",
        }
        table = _table(view)
        kind = "propose" if "propose" in table.legal else "counter"
        move = {"kind": kind, "say": offer["why"] or "", "clauses": [clause]}
        return read_move({"move": move}, view)
    answer = _ANSWER.fullmatch(text)
    if answer:
        move = {"kind": _KINDS[answer["verb"]], "say": answer["why"] or ""}
        return read_move({"move": move}, view)
    raise ValueError(
        "between the tags write 'I propose that PAYER pays PAYEE PRICE if SEAT does ACTION because "
        "REASON', or 'I agree because REASON', or 'I disagree because REASON'"
    )


def tagged_action(text: str, view: View) -> str:
    """Return the action in the text between the paper's tags; raises ValueError if it is none."""
    match = re.fullmatch(r"(?:I propose to )?(\S+?)\.?", text.strip())
    return read_action({"action": match[1] if match else text.strip()}, view)
