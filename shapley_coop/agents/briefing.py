"""What a seat is told beside the rules of its game: the same for models and for people.

Templates under `prompts/agent` put it in words. Models are also told how to answer.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shapley_coop.agents.prompts import render
from shapley_coop.interfaces.agent import Moment, View
from shapley_coop.interfaces.deals.settlement import settlement_mode
from shapley_coop.records import Clause, Credit, Does, Seat, Step, Terms
from shapley_coop.records.words import MOST_NAMES, each_of

LOGGED_STEPS = 20
SHOWN_MESSAGES = 12
"""The latest messages that a seat is told where there are few seats."""

STATE: Mapping[Moment, tuple[str, ...]] = {
    "believe": ("log", "contracts"),
    "negotiate": (
        "phase",
        "log",
        "contracts",
        "holdings",
        "prices",
        "talk",
        "outlook",
    ),
    "act": ("contracts", "talk", "outlook"),
    "honour": ("log", "contracts", "owed"),
}
"""The templates of all that changes during an episode, by what a seat is asked, in their order."""


def variables(view: View) -> dict[str, Any]:
    """Return what templates can tell of a view, by the name of the variable."""
    phase = view.table.phase if view.table else "play"
    return {
        "seat": view.seat,
        "seats": view.seats,
        # At least all that was said in one round.
        "shown_messages": max(SHOWN_MESSAGES, len(view.seats) + 1),
        "phase": phase,
        "table": view.table,
        "step": view.step,
        "talk": view.table.history if view.table else view.talk,
        "settlement": settlement_mode(view.protocol.settlement),
        "deposit": view.protocol.deposit,
        "contracts": _terms_in_view(view, phase),
        "deposits": view.deposits,
        "owed": view.owed,
        # Worked out by the template that shows it, so that other prompts cost nothing.
        "outlook": view.outlook,
        "divides": view.protocol.split != "none",
        "division": _share_of_offer(view),
        "shares_of": view.shares_of,
        "phi": view.phi,
        "stance": view.stance,
        "price_bound": view.protocol.price_bound,
        "contradiction": view.contradiction,
        "payoffs": view.payoffs,
        "pot": sum(view.payoffs.values()),
        "measured": _values(view.measured),
        "potential": _values(view.potential),
        "log": _log(view.steps),
    }


def state_text(view: View, moment: Moment) -> str:
    """Return all that changes during an episode, as a model is told it that is asked the same."""
    told = variables(view)
    parts = [render(f"agent/{name}.j2", **told) for name in STATE[moment]]
    return "\n".join(part for part in parts if part)


def _terms_in_view(view: View, phase: str) -> tuple[Terms, ...]:
    """Return what was signed and, before play is over, what of it hangs on what is to come.

    A table may re-open before every step. Clauses about steps that were played are decided, and
    would make the question longer with each of them.
    """
    if phase == "split":
        return view.promises
    pending = []
    for terms in view.promises:
        clauses = tuple(c for c in terms.clauses if not _is_decided(c, view.step))
        if clauses:
            pending.append(terms.model_copy(update={"clauses": clauses}))
    return tuple(pending)


def _is_decided(clause: Clause, step: int) -> bool:
    condition = clause.condition
    return isinstance(condition, Does) and condition.step < step


def _share_of_offer(view: View) -> float | None:
    """Return what a standing division of the pot would leave a seat, if one stands."""
    table = view.table
    if not view.protocol.arithmetic or table is None or table.standing is None:
        return None
    shares = table.standing.terms.shares
    if shares is None or view.seat not in shares:
        return None
    return shares[view.seat] * sum(view.payoffs.values())


def _values(credit: Credit | None) -> Mapping[Seat, float] | None:
    return None if credit is None else credit.values


def _log(steps: tuple[Step, ...]) -> str:
    """Return the last steps as text that a model can read."""
    # Prompts must not grow with the game. What lies further back is in the facts.
    lines = []
    for number, step in enumerate(steps):
        lines.append(f"Step {number}: {_deeds(step)}.")
    return "\n".join(lines[-LOGGED_STEPS:])


def _deeds(step: Step) -> str:
    """Return what was done and paid. Of many seats, those that are alike stand together."""
    if len(step.actions) <= MOST_NAMES:
        return f"{json.dumps(step.actions)} paid {json.dumps(step.rewards)}"
    groups: dict[str, list[Seat]] = {}
    for seat, action in step.actions.items():
        reward = step.rewards.get(seat, 0.0)
        groups.setdefault(f"{action}, paid {reward:.6g}", []).append(seat)
    parts = [f"{each_of(seats)} {deed}" for deed, seats in groups.items()]
    return "; ".join(parts)
