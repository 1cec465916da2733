"""What a model or a person can say in an offer, as plain data, and how it becomes terms.

Both wires of language models and the questions to people end here, so that one thing said in three
ways is one contract. A clause is a mapping of payer, payee, price, unit and either the seat and
action of this step or `when`, which holds any condition. Nothing is guessed, and no price is
repaired.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from shapley_coop.errors import IllegalMove
from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.negotiation.scope import check_terms, scope_of_view
from shapley_coop.records import (
    MAX_PRICE,
    Always,
    AtLeast,
    Clause,
    Condition,
    Does,
    Keeps,
    Line,
    Outcome,
    Record,
    Seat,
    Terms,
)
from shapley_coop.records.words import faults_text, shorten

R = TypeVar("R", bound=Record)

DUE = ("if", "unless", "always")
"""When a clause is due: if something happens, unless it does, or in any case."""
UNITS = ("reward", "percent")
"""What a price is in: the game's reward, or percent of what the payer earns."""
FROM_NOW_ON = "from now on"
"""In place of a step: at every step that is left."""
SHOWN = 80
"""Most characters of a value that an error repeats."""
ALL = "all"
"""In place of a seat that keeps the plan: everybody."""


def read_terms(offer: Mapping[str, Any], view: View, table: TableView) -> Terms:
    """Return the terms of an offer of clauses that the table takes.

    Args:
        offer: `clauses`, and `plan` where some clause is about one.
        view: of the seat that speaks.
        table: at which it speaks.

    Raises:
        ValueError: with what is wrong.
    """
    clauses = offer.get("clauses")
    if not isinstance(clauses, list) or not clauses:
        raise ValueError("an offer needs at least one clause")
    plan = _plan(offer.get("plan", []))
    read = []
    for clause in clauses:
        if not isinstance(clause, Mapping):
            raise ValueError(f"a clause must be an object, got {excerpt(clause)}")
        read.append(_clause(clause, view, table, plan))
    # A plan that no clause is about would bind seats to what nothing hangs on.
    if plan and not any(isinstance(clause.condition, Keeps) for clause in read):
        raise ValueError("no clause says what hangs on the plan; leave the plan out")
    terms = validate(Terms, {"clauses": read, "plan": plan})
    # Told here, who erred can mend it. The table would take the turn.
    try:
        check_terms(terms, scope_of_view(view, table))
    except IllegalMove as error:
        raise ValueError(str(error)) from error
    return terms


def _plan(said: Any) -> dict[Seat, Line]:
    """Return who does what from now on."""
    if not isinstance(said, list):
        raise ValueError(
            f"plan is {excerpt(said)}; it must be a list of seats with actions"
        )
    plan: dict[Seat, Line] = {}
    for part in said:
        if not isinstance(part, Mapping):
            raise ValueError(f"a part of a plan must be an object, got {excerpt(part)}")
        seat, actions = part.get("seat"), part.get("actions")
        if not isinstance(seat, str) or seat in plan:
            raise ValueError(
                f"the plan names {excerpt(seat)}; it takes every seat once"
            )
        if not isinstance(actions, list) or not actions:
            raise ValueError(f"the plan of {seat} needs at least one action")
        plan[seat] = tuple(actions)
    return plan


def _clause(
    said: Mapping[str, Any], view: View, table: TableView, plan: dict[Seat, Line]
) -> Clause:
    # A price is refused and never repaired: nobody shall pay what it did not write.
    price = read_number(said.get("price"), "price")
    unit = said.get("unit", "reward")
    if unit not in UNITS:
        raise ValueError(
            f"unit is {excerpt(unit)}; it must be one of: {', '.join(UNITS)}"
        )
    when = said.get("when")
    if when is None:
        # The short form is the most common one: an action of this step.
        when = {
            "seat": said.get("seat", said.get("payee")),
            "action": said.get("action"),
        }
    return validate(
        Clause,
        {
            "payer": said.get("payer"),
            "payee": said.get("payee"),
            "price": price / 100 if unit == "percent" else price,
            "unit": "share" if unit == "percent" else "reward",
            "condition": _condition(when, view, table, plan),
        },
    )


def _condition(
    when: Any, view: View, table: TableView, plan: dict[Seat, Line]
) -> Condition:
    if not isinstance(when, Mapping):
        raise ValueError(f"when is {excerpt(when)}; it must be an object")
    due = when.get("due", "if")
    if due not in DUE:
        raise ValueError(f"due is {excerpt(due)}; it must be one of: {', '.join(DUE)}")
    if due == "always":
        return Always()
    unless = due == "unless"
    if "outcome" in when:
        return validate(Outcome, {"outcome": when["outcome"], "unless": unless})
    if "keeps" in when:
        keeper = when["keeps"]
        seat = None if keeper == ALL else keeper
        return validate(Keeps, {"seat": seat, "unless": unless})
    deed = {"seat": when.get("seat"), "action": when.get("action"), "unless": unless}
    if "times" in when:
        return validate(AtLeast, {**deed, "times": when["times"]})
    step = when.get("step", view.step)
    if step != FROM_NOW_ON:
        return validate(Does, {**deed, "step": step})
    return _from_now_on(validate(Does, deed), table.horizon - view.step, plan)


def _from_now_on(deed: Does, steps: int, plan: dict[Seat, Line]) -> Keeps:
    """Return the condition that a seat takes an action at every step that is left.

    It becomes the seat's part of the plan of the terms.
    """
    line = (deed.action,) * steps
    if plan.setdefault(deed.seat, line) != line:
        raise ValueError(
            f"{deed.seat} cannot do {deed.action} from now on: it is to do "
            f"{', '.join(plan[deed.seat])} as well"
        )
    return Keeps(seat=deed.seat, unless=deed.unless)


def read_number(value: Any, name: str) -> float:
    """Return a number.

    Raises:
        ValueError: it is none.
    """
    # True and False are numbers to Python, but no price.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is {excerpt(value)}; it must be a number")
    # Sums of greater numbers overflow. NaN is refused here too.
    if not abs(value) <= MAX_PRICE:
        raise ValueError(f"{name} must lie between {-MAX_PRICE:g} and {MAX_PRICE:g}")
    return float(value)


def excerpt(value: Any) -> str:
    """Return the beginning of a value that somebody wrote, as one reads it."""
    return shorten(repr(value), SHOWN)


def validate(record: type[R], fields: Mapping[str, Any]) -> R:
    """Return a record of what was said.

    Raises:
        ValueError: with the first faults in plain words.
    """
    try:
        return record.model_validate(fields)
    except ValidationError as error:
        raise ValueError(faults_text(error)) from error
