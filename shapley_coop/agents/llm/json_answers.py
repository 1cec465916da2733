"""Typed values as the JSON that a language model would have written: `json_form` the other way.

Amounts have the two decimals that a model may write, so what is read back can differ by less than
0.01 from what was meant.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from shapley_coop.agents.clauses import ALL
from shapley_coop.agents.llm.json_form import (
    MOST_POINTS,
    SPEECH,
    asks_own_pay,
    table_of,
)
from shapley_coop.agents.llm.sizes import most_clauses
from shapley_coop.agents.llm.text_form import DEED, deed_answer
from shapley_coop.interfaces.agent import View
from shapley_coop.records import (
    Always,
    AtLeast,
    Beliefs,
    Clause,
    Condition,
    Counter,
    Does,
    Intend,
    Keeps,
    Move,
    Outcome,
    Propose,
    Seat,
    Terms,
)

Answer = dict[str, Any]
"""A JSON object, its fields in the order in which a model writes them."""
_NOISE = 1e-6
"""What an amount may miss whole hundredths by for no reason but its rounding."""


def beliefs_answer(beliefs: Beliefs, view: View) -> Answer:
    """Return stated beliefs as `json_form.believe_schema` has them written."""
    answer: Answer = {
        "pot": amount(beliefs.pot),
        "externality": beliefs.externality,
    }
    if asks_own_pay(view):
        answer["own"] = amount(beliefs.own or 0.0)
    if view.shares_of:
        shares = beliefs.shares or {}
        answer["shares"] = {seat: amount(shares[seat]) for seat in view.shares_of}
    else:
        values = beliefs.values
        answer["values"] = {name: amount(values[name]) for name in view.coalitions}
    return {**answer, "reason": beliefs.reason[:SPEECH]}


def action_answer(action: str, view: View) -> Answer:
    """Return an action, joined with its text if it has one, as `act_schema` has it written."""
    if view.writes:
        return {"reason": "", DEED: deed_answer(action)}
    return {"reason": "", "action": action}


def honour_answer(pays: bool) -> Answer:
    """Return whether a seat pays as `json_form.honour_schema` has it written."""
    return {"reason": "", "pay": "yes" if pays else "no"}


def move_answer(move: Move, view: View) -> Answer:
    """Return a move as `json_form.move_schema` has it written."""
    said: Answer = {"kind": move.kind}
    if isinstance(move, Intend):
        said["action"] = move.action
    if isinstance(move, Propose | Counter):
        said |= _terms(move.terms, view)
    return {"move": {**said, "say": move.say[:SPEECH]}}


def shorten(move: Move, view: View) -> Move:
    """Return a move with no more clauses than a model may write, and the move itself if it fits.

    Damages for a breach, which are due unless somebody does its part, are left out.

    Raises:
        ValueError: there are too many clauses without them too, or none.
    """
    if not isinstance(move, Propose | Counter):
        return move
    most = most_clauses(len(view.seats))
    terms = move.terms
    if len(terms.clauses) <= most:
        return move
    clauses = tuple(clause for clause in terms.clauses if not _is_damages(clause))
    if not 0 < len(clauses) <= most:
        raise ValueError(
            f"an offer of {len(view.seats)} seats may have {most} clauses, and "
            f"{len(clauses)} of {len(terms.clauses)} are no damages"
        )
    hangs_on_plan = any(isinstance(clause.condition, Keeps) for clause in clauses)
    changes = {"clauses": clauses, "plan": terms.plan if hangs_on_plan else {}}
    return move.model_copy(update={"terms": terms.model_copy(update=changes)})


def _is_damages(clause: Clause) -> bool:
    condition = clause.condition
    return not isinstance(condition, Always) and condition.unless


def amount(value: float, *, favour: str = "") -> int | float:
    """Return a number with at most two decimals, and as a whole number where it is one.

    Args:
        value: the number.
        favour: `up` or `down` where it must not be rounded the other way. Empty takes the nearest.
    """
    hundredths = value * 100
    if favour == "up":
        hundredths = math.ceil(hundredths - _NOISE)
    elif favour == "down":
        hundredths = math.floor(hundredths + _NOISE)
    rounded = round(hundredths) / 100
    return int(rounded) if rounded == int(rounded) else rounded


def _terms(terms: Terms, view: View) -> Answer:
    if terms.shares is not None:
        return {"points": _points(terms.shares, view)}
    answer: Answer = {}
    if terms.plan:
        plan = []
        for seat, actions in terms.plan.items():
            plan.append({"seat": seat, "actions": list(actions)})
        answer["plan"] = plan
    answer["clauses"] = [_clause(clause, terms, view) for clause in terms.clauses]
    return answer


def _points(shares: Mapping[Seat, float], view: View) -> dict[Seat, int]:
    """Return whole points in proportion to shares. Readers divide them by their sum."""
    return {seat: round(shares[seat] * MOST_POINTS) for seat in view.seats}


def _clause(clause: Clause, terms: Terms, view: View) -> Answer:
    # What is rounded may cost the author a hundredth and never who is to sign.
    favour = {clause.payer: "up", clause.payee: "down"}.get(view.seat, "")
    is_share = clause.unit == "share"
    price = clause.price * 100 if is_share else clause.price
    answer: Answer = {
        "transfer": f"{clause.payer} pays {clause.payee}",
        "price": amount(price, favour=favour),
        "unit": "percent" if is_share else "reward",
    }
    condition = clause.condition
    if not isinstance(condition, Does) or condition.unless:
        return {**answer, "when": _condition(condition, view)}
    # The short form, which an offer with a plan does not have.
    if condition.step == view.step and not terms.plan:
        return {**answer, "seat": condition.seat, "action": condition.action}
    return {**answer, "when": _condition(condition, view)}


def _condition(condition: Condition, view: View) -> Answer:
    if isinstance(condition, Always):
        return {"due": "always"}
    due = {"due": "unless" if condition.unless else "if"}
    match condition:
        case Keeps():
            return {**due, "keeps": condition.seat or ALL}
        case Outcome():
            return {**due, "outcome": condition.outcome}
        case AtLeast():
            deed = {"seat": condition.seat, "action": condition.action}
            return {**due, **deed, "times": condition.times}
        case Does():
            deed = {"seat": condition.seat, "action": condition.action}
            # In the last step there is no other one to name.
            is_last = table_of(view).horizon - view.step <= 1
            step = {} if is_last else {"step": condition.step}
            return {**due, **deed, **step}
