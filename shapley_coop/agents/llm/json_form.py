"""What a language model writes as JSON by schema, and how it becomes typed values.

Reading raises ValueError with the exact fault, which the model is shown. Nothing is guessed, and no
price is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import permutations
from typing import Any, TypeVar

from pydantic import ValidationError

from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.interfaces.model import Schema, closed_object, one_of
from shapley_coop.records import (
    Accept,
    Beliefs,
    Clause,
    Counter,
    Does,
    Halt,
    Intend,
    Move,
    Propose,
    Record,
    Reject,
    Terms,
    Wait,
)
from shapley_coop.records.words import faults_text

R = TypeVar("R", bound=Record)

MOST_CLAUSES = 8
"""Most clauses in one offer. Fewer seats may offer only as many clauses as there are seats."""
SPEECH = 80
"""Characters of reasoning or talk in one answer."""
MOST_POINTS = 100
PAIRS_UP_TO = 6
"""Up to this many seats, who pays whom is one choice, so that no seat can pay itself."""


def _text() -> Schema:
    return {"type": "string", "maxLength": SPEECH}


def believe_schema(view: View) -> Schema:
    """Return the schema of stated beliefs: a value for every coalition, or a share for every seat.

    It grows with the number of coalitions up to four seats, and with the number of seats beyond.
    """
    number = {"type": "number"}
    fields: dict[str, Schema] = {
        "pot": number,
        "externality": one_of(["positive", "negative", "none"]),
    }
    # After play every seat knows what the game paid it, so nobody is asked.
    if asks_own_pay(view):
        fields["own"] = number
    figures, names = _figures(view)
    fields[figures] = closed_object(dict.fromkeys(names, number))
    return closed_object({**fields, "reason": _text()})


def asks_own_pay(view: View) -> bool:
    """Return whether a seat is asked what it expects the game itself to pay it."""
    return view.table is None or view.table.phase != "split"


def _figures(view: View) -> tuple[str, tuple[str, ...]]:
    """Return the field of the figures that a seat is asked to state, and what each is of."""
    if view.shares_of:
        return "shares", view.shares_of
    return "values", tuple(view.coalitions)


def act_schema(view: View) -> Schema:
    """Return the schema of an action."""
    # The reason comes first, so that the action can follow from it.
    return closed_object({"reason": _text(), "action": one_of(view.actions)})


def move_schema(view: View) -> Schema:
    """Return the schema of the moves that are legal now."""
    table = table_of(view)
    kinds = [_move(view, table, kind) for kind in table.legal]
    return closed_object({"move": {"anyOf": kinds}})


def _move(view: View, table: TableView, kind: str) -> Schema:
    properties: dict[str, Schema] = {"kind": one_of([kind])}
    if kind in ("propose", "counter"):
        # Whole points are shares that a small model can add up.
        if table.phase == "split":
            points = {"type": "integer", "minimum": 0, "maximum": MOST_POINTS}
            by_seat = dict.fromkeys(view.seats, points)
            properties["points"] = closed_object(by_seat)
        else:
            properties["clauses"] = _clauses(view, table)
    if kind == "intend":
        properties["action"] = one_of(view.actions)
    properties["say"] = _text()
    return closed_object(properties)


def _clauses(view: View, table: TableView) -> Schema:
    # A choice among pairs grows with the square of the seats, and so does the grammar of a model.
    if len(view.seats) <= PAIRS_UP_TO:
        pair: dict[str, Schema] = {"transfer": one_of(_pairs(view))}
    else:
        pair = {"payer": one_of(view.seats), "payee": one_of(view.seats)}
    clause = closed_object(
        {
            **pair,
            "price": {"type": "number", "minimum": 0},
            "unit": one_of(["reward", "percent"]),
            "seat": one_of(view.seats),
            "action": one_of(table.actions),
        }
    )
    return {
        "type": "array",
        "items": clause,
        "minItems": 1,
        "maxItems": min(MOST_CLAUSES, len(view.seats)),
    }


def _pairs(view: View) -> dict[str, tuple[str, str]]:
    """Return who can pay whom, by the words that say so."""
    return {
        f"{payer} pays {payee}": (payer, payee)
        for payer, payee in permutations(view.seats, 2)
    }


def read_beliefs(answer: Mapping[str, Any], view: View) -> Beliefs:
    """Return typed beliefs.

    Raises:
        ValueError: with what is wrong.
    """
    beliefs = _validated(Beliefs, answer)
    figures, names = _figures(view)
    stated = beliefs.shares if figures == "shares" else beliefs.values
    # Figures of other groups than those asked for would show that the question was misread.
    if set(stated or {}) != set(names):
        raise ValueError(f"{figures} must be given for exactly: {', '.join(names)}")
    return beliefs


def read_action(answer: Mapping[str, Any], view: View) -> str:
    """Return a legal action.

    Raises:
        ValueError: with what is wrong.
    """
    action = answer.get("action")
    if not isinstance(action, str) or action not in view.actions:
        raise ValueError(
            f"action is {action!r}; it must be one of: {', '.join(view.actions)}"
        )
    return action


def read_move(answer: Mapping[str, Any], view: View) -> Move:
    """Return a move of a legal kind.

    Raises:
        ValueError: with what is wrong.
    """
    table = table_of(view)
    # Models without a grammar often leave the outer object away, which changes nothing.
    move = answer.get("move", answer)
    if not isinstance(move, Mapping):
        raise ValueError(f"move is {move!r}; it must be an object with a kind")
    kind = move.get("kind")
    # What is said is cut and never refused: it binds nobody.
    say = str(move.get("say", ""))[:SPEECH]
    if kind not in table.legal:
        raise ValueError(
            f"kind is {kind!r}; it must be one of: {', '.join(table.legal)}"
        )
    if kind == "intend":
        return Intend(action=read_action(move, view), say=say)
    if kind == "propose":
        return Propose(terms=_terms(move, view, table), say=say)
    if kind == "counter":
        return Counter(terms=_terms(move, view, table), say=say)
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
        seats = set(view.seats)
        if not isinstance(points, Mapping) or set(points) != seats:
            raise ValueError(f"points must name exactly: {', '.join(view.seats)}")
        numbers = {seat: _number(points[seat], "points") for seat in view.seats}
        total = sum(numbers.values())
        if min(numbers.values()) < 0 or total <= 0:
            raise ValueError("points must not be negative, nor all 0")
        shares = {seat: number / total for seat, number in numbers.items()}
        return _validated(Terms, {"shares": shares})
    clauses = move.get("clauses")
    if not isinstance(clauses, list) or not clauses:
        raise ValueError("an offer needs at least one clause")
    return Terms(clauses=tuple(_clause(clause, view) for clause in clauses))


def _clause(clause: Any, view: View) -> Clause:
    if not isinstance(clause, Mapping):
        raise ValueError(f"a clause must be an object, got {clause!r}")
    payer = clause.get("payer")
    payee = clause.get("payee")
    if "transfer" in clause:
        pairs = _pairs(view)
        if clause["transfer"] not in pairs:
            raise ValueError(f"transfer must be one of: {'; '.join(pairs)}")
        payer, payee = pairs[clause["transfer"]]
    # A price is refused and never repaired: nobody shall pay what it did not write.
    price = _number(clause.get("price"), "price")
    unit = clause.get("unit", "reward")
    # Not validated here, so that all faults of a clause are told at once below.
    condition = Does.model_construct(
        seat=clause.get("seat", payee), action=clause.get("action"), step=view.step
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
    # True and False are numbers to Python, but no price.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {value!r}; it must be a number")
    return float(value)


def _validated(record: type[R], fields: Any) -> R:
    try:
        return record.model_validate(fields)
    except ValidationError as error:
        raise ValueError(faults_text(error)) from error


def table_of(view: View) -> TableView:
    """Return the table that a view is of.

    Raises:
        ValueError: it is of the game alone.
    """
    if view.table is None:
        raise ValueError("this view is not of a table")
    return view.table
