"""How a language model reasons about the world before it acts: asked for and read in both forms.

JSON holds typed statements of what is and what will be. The paper's tags (Wang et al. 2025, arXiv
2510.16907) hold free text, which only a judge can compare with the game's own statements.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from shapley_coop.agents.llm import json_form, text_form
from shapley_coop.agents.llm.reasoning_tags import parse_tags
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.agent import Reasoned, View
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Reply, Schema, closed_object, one_of
from shapley_coop.llm.replies import json_object, refuse_cut_off
from shapley_coop.records.statements import (
    MOST_TEXT,
    PREDICTS,
    STATES,
    Domain,
    Reasoning,
    Statement,
    StatementKind,
    Thought,
    domain_text,
    parse_statements,
)
from shapley_coop.records.words import clean


def check(game: Game, reasoning: Reasoning) -> None:
    """Raise ConfigError if seats are to make statements of kinds that the game does not have."""
    if reasoning in STATES | PREDICTS and not game.statement_kinds():
        raise ConfigError(
            f"model.reasoning={reasoning!r} compares what seats say with typed facts, and "
            f"{game.name} has none; use 'free' or 'none', or give the game statement_kinds and "
            "statements"
        )


def act_schema(
    view: View, reasoning: Reasoning, kinds: Sequence[StatementKind]
) -> Schema:
    """Return the schema of an action and of what a way to reason adds, in order of thought."""
    # Small models write properties in order, so what is thought first stands first.
    plain = json_form.act_schema(view)
    parts: Schema = {}
    if reasoning in STATES:
        parts["state"] = _statements_schema(kinds)
    if reasoning != "none":
        parts["reason"] = plain["properties"]["reason"]
    if reasoning in PREDICTS:
        parts["prediction"] = _statements_schema(kinds)
    if view.writes:
        parts[text_form.DEED] = text_form.deed_schema(view)
    else:
        parts["action"] = plain["properties"]["action"]
    return closed_object(parts)


def describe(kinds: Sequence[StatementKind]) -> list[dict[str, Any]]:
    """Return kinds of statement as words for a prompt."""
    descriptions = []
    for kind in kinds:
        fields = {name: domain_text(domain) for name, domain in kind.fields.items()}
        descriptions.append({"name": kind.name, "about": kind.about, "fields": fields})
    return descriptions


def read_json(
    reply: Reply,
    view: View,
    reasoning: Reasoning,
    kinds: Sequence[StatementKind],
    attempts: int,
) -> Reasoned:
    """Return an action with its typed claims.

    Raises:
        ValueError: with what is wrong.
    """
    answer = json_object(reply)
    reason = answer.get("reason", "")
    state = prediction = None
    if reasoning in STATES:
        state = _claims(answer, "state", kinds)
    if reasoning in PREDICTS:
        prediction = _claims(answer, "prediction", kinds)
    thought = Thought(
        reasoning=reasoning,
        state=state,
        # A reason is for people, so one of a wrong type is no fault of the answer.
        reason=clean(reason, MOST_TEXT) if isinstance(reason, str) else "",
        prediction=prediction,
        attempts=attempts,
    )
    if view.writes:
        deed = text_form.read_deed(json_object(reply, exact=True), view)
        return Reasoned(deed, thought)
    return Reasoned(json_form.read_action(answer, view), thought)


def read_tags(
    reply: Reply, view: View, reasoning: Reasoning, attempts: int
) -> Reasoned:
    """Return an action with its claims as text.

    Raises:
        ValueError: the tags are not exactly those of the way to reason.
    """
    # Half an answer can look whole where the missing half is the last tag's.
    refuse_cut_off(reply)
    # A text may hold any number of commas, which part actions elsewhere.
    most = sys.maxsize if view.writes else 1
    read = parse_tags(_whole(reply, reasoning), reasoning, max_actions=most)
    if not read.well_formed or not read.actions:
        raise ValueError(
            f"write exactly {form(reasoning)}, each tag once and nothing around it"
        )
    thought = Thought(
        reasoning=reasoning,
        state=clean(read.observation, MOST_TEXT) or None,
        reason=clean(read.reasoning, MOST_TEXT),
        prediction=clean(read.prediction, MOST_TEXT) or None,
        attempts=attempts,
    )
    if view.writes:
        return Reasoned(text_form.tagged_deed(read.answer, view), thought)
    action = json_form.read_action({"action": read.actions[0]}, view)
    return Reasoned(action, thought)


def form(reasoning: Reasoning) -> str:
    """Return the tags that a way to reason is written in."""
    inside = "<reasoning>WHY</reasoning>"
    if reasoning in STATES:
        inside = f"<observation>WHAT IS TRUE NOW</observation>{inside}"
    if reasoning in PREDICTS:
        inside += "<prediction>WHAT WILL BE TRUE AFTER THIS TURN</prediction>"
    answer = "<answer>ACTION</answer>"
    if reasoning == "none":
        return answer
    return f"<think>{inside}</think>{answer}"


def _whole(reply: Reply, reasoning: Reasoning) -> str:
    """Return a reply's text with the <think> block that its backend has set apart."""
    # Some servers take the first block out of the text, though it belongs to this format.
    if reasoning == "none" or not reply.thinking or "<think>" in reply.text:
        return reply.text
    return f"<think>{reply.thinking}</think>{reply.text}"


def _claims(
    answer: Mapping[str, Any], field: str, kinds: Sequence[StatementKind]
) -> tuple[Statement, ...]:
    if field not in answer:
        raise ValueError(f"{field} is missing; give it as a list of facts")
    try:
        return parse_statements(answer[field], kinds)
    except ValueError as error:
        raise ValueError(f"{field}: {error}") from error


def _statements_schema(kinds: Sequence[StatementKind]) -> Schema:
    each = []
    for kind in kinds:
        fields = {name: _domain(domain) for name, domain in kind.fields.items()}
        statement = {"kind": one_of([kind.name]), "fields": closed_object(fields)}
        each.append(closed_object(statement))
    # A choice of one is written plainly, since not every grammar takes anyOf of one.
    items = each[0] if len(each) == 1 else {"anyOf": each}
    return {
        "type": "array",
        "items": items,
        "maxItems": sum(kind.most for kind in kinds),
    }


def _domain(domain: Domain) -> Schema:
    if isinstance(domain, tuple):
        return one_of(domain)
    if isinstance(domain, range):
        return {"type": "integer", "minimum": domain[0], "maximum": domain[-1]}
    return {"type": "boolean"}
