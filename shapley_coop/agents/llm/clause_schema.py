"""The schema of an offer's clauses and plan, as small as the game and the table let it be."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import permutations
from typing import Any

from shapley_coop.agents.clauses import ALL, FROM_NOW_ON
from shapley_coop.interfaces.agent import TableView, View
from shapley_coop.interfaces.model import Schema, closed_object, one_of

PAIRS_UP_TO = 6
"""Up to this many seats, who pays whom is one choice, so that no seat can pay itself."""


def clauses_schema(view: View, table: TableView, most: int, *, plan: bool) -> Schema:
    """Return the schema of clauses.

    A short form of a clause is about the step that is played next. The other form names any
    condition that the game has, and beside a plan it is the only one.

    Args:
        view: of the seat that is asked.
        table: at which it is asked.
        most: the most clauses.
        plan: whether clauses may be about a plan.
    """
    # A choice among pairs grows with the square of the seats, and so does the grammar of a model.
    if len(view.seats) <= PAIRS_UP_TO:
        transfer: dict[str, Schema] = {"transfer": one_of(_pairs(view))}
    else:
        transfer = {"payer": one_of(view.seats), "payee": one_of(view.seats)}
    transfer["price"] = {"type": "number", "minimum": 0}
    transfer["unit"] = one_of(["reward", "percent"])
    conditions = _conditions(view, table)
    if plan:
        keeper = one_of([ALL, *view.seats])
        conditions.insert(0, closed_object({"due": _DUE, "keeps": keeper}))
    clause = closed_object({**transfer, "when": {"anyOf": conditions}})
    if not plan:
        now = {"seat": one_of(view.seats), "action": one_of(table.actions)}
        clause = {"anyOf": [closed_object({**transfer, **now}), clause]}
    return {
        "type": "array",
        "items": clause,
        "minItems": 1,
        "maxItems": most,
    }


def plan_schema(view: View, table: TableView) -> Schema:
    """Return the schema of a plan: what seats do from the next step on."""
    actions = {
        "type": "array",
        "items": one_of(table.actions),
        "minItems": 1,
        "maxItems": table.horizon - view.step,
    }
    return {
        "type": "array",
        "items": closed_object({"seat": one_of(view.seats), "actions": actions}),
        "minItems": 1,
        "maxItems": len(view.seats),
    }


_DUE = one_of(["if", "unless"])


def _conditions(view: View, table: TableView) -> list[Schema]:
    """Return the schemas of conditions that the game has, beside those about a plan."""
    deed = {"due": _DUE, "seat": one_of(view.seats), "action": one_of(table.actions)}
    left = table.horizon - view.step
    if left <= 1:
        conditions = [closed_object(deed)]
    else:
        number = {"type": "integer", "minimum": view.step, "maximum": table.horizon - 1}
        step = {"anyOf": [one_of([FROM_NOW_ON]), number]}
        times = {"type": "integer", "minimum": 1, "maximum": left}
        conditions = [
            closed_object({**deed, "step": step}),
            closed_object({**deed, "times": times}),
        ]
    if table.outcomes:
        outcome = one_of(table.outcomes)
        conditions.append(closed_object({"due": _DUE, "outcome": outcome}))
    conditions.append(closed_object({"due": one_of(["always"])}))
    return conditions


def name_sides(clause: Any, view: View) -> Any:
    """Return a clause that names payer and payee apart, where it names them in one text.

    Raises:
        ValueError: the text names no pair of seats.
    """
    if not isinstance(clause, Mapping) or "transfer" not in clause:
        return clause
    pairs = _pairs(view)
    transfer = clause["transfer"]
    if not isinstance(transfer, str) or transfer not in pairs:
        raise ValueError(f"transfer must be one of: {'; '.join(pairs)}")
    payer, payee = pairs[transfer]
    return {**clause, "payer": payer, "payee": payee}


def _pairs(view: View) -> dict[str, tuple[str, str]]:
    """Return who can pay whom, by the words that say so."""
    return {
        f"{payer} pays {payee}": (payer, payee)
        for payer, payee in permutations(view.seats, 2)
    }
