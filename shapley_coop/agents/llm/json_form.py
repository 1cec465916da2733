"""What a language model writes as JSON by schema, and how it becomes typed values.

Reading raises ValueError with the exact fault, which the model is shown. Nothing is guessed, and no
price is repaired.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shapley_coop.agents.clauses import excerpt, read_number, read_terms, validate
from shapley_coop.agents.llm.clause_schema import (
    clauses_schema,
    name_sides,
    plan_schema,
)
from shapley_coop.agents.llm.sizes import most_clauses
from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.interfaces.model import Schema, closed_object, one_of
from shapley_coop.records import (
    MAX_SPEECH,
    Accept,
    Beliefs,
    Counter,
    Halt,
    Intend,
    Move,
    Propose,
    Reject,
    Terms,
    Wait,
)

SPEECH = 80
"""Characters of reasoning or talk in one answer."""
MOST_POINTS = 100
OFFERS = ("propose", "counter")
"""Moves that hold terms."""


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


def honour_schema() -> Schema:
    """Return the schema of an answer to whether a seat pays what nobody enforces."""
    return closed_object({"reason": _text(), "pay": one_of(["yes", "no"])})


def read_honour(answer: Mapping[str, Any]) -> bool:
    """Return whether a seat pays.

    Raises:
        ValueError: with what is wrong.
    """
    pay = answer.get("pay")
    if pay not in ("yes", "no"):
        raise ValueError(f"pay is {excerpt(pay)}; it must be one of: yes, no")
    return bool(pay == "yes")


def move_schema(view: View) -> Schema:
    """Return the schema of the moves that are legal now."""
    table = table_of(view)
    forms = []
    for kind in table.legal:
        forms.append(_move(view, table, kind))
        # A form of its own, so that who needs no plan writes nothing of one.
        if kind in OFFERS and table.phase == "task":
            forms.append(_move(view, table, kind, plan=True))
    return closed_object({"move": {"anyOf": forms}})


def _move(view: View, table: TableView, kind: str, *, plan: bool = False) -> Schema:
    properties: dict[str, Schema] = {"kind": one_of([kind])}
    if kind in OFFERS:
        # Whole points are shares that a small model can add up.
        if table.phase == "split":
            points = {"type": "integer", "minimum": 0, "maximum": MOST_POINTS}
            by_seat = dict.fromkeys(view.seats, points)
            properties["points"] = closed_object(by_seat)
        else:
            if plan:
                properties["plan"] = plan_schema(view, table)
            most = most_clauses(len(view.seats))
            properties["clauses"] = clauses_schema(view, table, most, plan=plan)
    if kind == "intend":
        properties["action"] = one_of(view.actions)
    properties["say"] = _text()
    return closed_object(properties)


def read_beliefs(answer: Mapping[str, Any], view: View) -> Beliefs:
    """Return typed beliefs.

    Raises:
        ValueError: with what is wrong.
    """
    reason = answer.get("reason", "")
    # A reason is for people: a long one is cut, and one of a wrong type is no fault of the figures.
    text = reason[:MAX_SPEECH] if isinstance(reason, str) else ""
    beliefs = validate(Beliefs, {**answer, "reason": text})
    figures, names = _figures(view)
    stated = beliefs.shares if figures == "shares" else beliefs.values
    # Figures of other groups than those asked for would show that the question was misread.
    if set(stated or {}) != set(names):
        raise ValueError(f"{figures} must be given for exactly: {', '.join(names)}")
    for number in (beliefs.pot, beliefs.own, *(stated or {}).values()):
        if number is not None:
            read_number(number, "a figure")
    return beliefs


def read_action(answer: Mapping[str, Any], view: View) -> str:
    """Return a legal action.

    Raises:
        ValueError: with what is wrong.
    """
    action = answer.get("action")
    if not isinstance(action, str) or action not in view.actions:
        raise ValueError(
            f"action is {excerpt(action)}; it must be one of: {', '.join(view.actions)}"
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
        raise ValueError(f"move is {excerpt(move)}; it must be an object with a kind")
    kind = move.get("kind")
    # What is said is cut and never refused: it binds nobody.
    say = str(move.get("say", ""))[:SPEECH]
    if kind not in table.legal:
        raise ValueError(
            f"kind is {excerpt(kind)}; it must be one of: {', '.join(table.legal)}"
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
        numbers = {seat: read_number(points[seat], "points") for seat in view.seats}
        total = sum(numbers.values())
        if min(numbers.values()) < 0 or total <= 0:
            raise ValueError("points must not be negative, nor all 0")
        shares = {seat: number / total for seat, number in numbers.items()}
        return validate(Terms, {"shares": shares})
    clauses = move.get("clauses")
    if isinstance(clauses, list):
        most = most_clauses(len(view.seats))
        if len(clauses) > most:
            raise ValueError(
                f"an offer holds at most {most} clauses, not {len(clauses)}"
            )
        clauses = [name_sides(clause, view) for clause in clauses]
    return read_terms({**move, "clauses": clauses}, view, table)


def table_of(view: View) -> TableView:
    """Return the table that a view is of.

    Raises:
        ValueError: it is of the game alone.
    """
    if view.table is None:
        raise ValueError("this view is not of a table")
    return view.table
