"""What a language model writes with an action that takes a text, and how it is read: exactly.

The text is a stranger's, and it is data: a file's content has to arrive as it was written. So it is
taken character by character or refused, and never trimmed, mended or guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shapley_coop.agents.clauses import excerpt
from shapley_coop.agents.llm.json_form import read_action
from shapley_coop.interfaces.agent import View
from shapley_coop.interfaces.model import Schema, closed_object, one_of
from shapley_coop.records import join_text, split_text, text_fault

FIELD = "text"
"""The field of the text in a JSON answer."""
DEED = "do"
"""The field of a JSON answer that holds the action and, where it takes one, the text."""


def deed_schema(view: View) -> Schema:
    """Return the schema of an action with its text, or without one where it takes none.

    These are two forms, so that a grammar lets nobody write a text where none is taken.
    """
    forms = []
    plain = [action for action in view.actions if action not in view.writes]
    if plain:
        forms.append(closed_object({"action": one_of(plain)}))
    # It has no greatest length: grammars count out such bounds one by one. Tokens bound it.
    text: Schema = {"type": "string"}
    forms.append(closed_object({"action": one_of(view.writes), FIELD: text}))
    # A choice of one is written plainly, since not every grammar takes anyOf of one.
    return forms[0] if len(forms) == 1 else {"anyOf": forms}


def deed_answer(action: str) -> dict[str, Any]:
    """Return an action, joined with its text if it has one, as `deed_schema` has it written."""
    name, text = split_text(action)
    return {"action": name} if text is None else {"action": name, FIELD: text}


def read_deed(answer: Mapping[str, Any], view: View) -> str:
    """Return a legal action of a JSON answer, joined with its text where it takes one.

    Raises:
        ValueError: with what is wrong.
    """
    # Models without a grammar often leave the inner object away, which changes nothing.
    deed = answer.get(DEED, answer)
    if not isinstance(deed, Mapping):
        raise ValueError(f"{DEED} is {excerpt(deed)}; it must be an object")
    action = read_action(deed, view)
    text = deed.get(FIELD, "")
    if not isinstance(text, str):
        raise ValueError(f"{FIELD} is {excerpt(text)}; it must be a string")
    return _deed(action, text, view)


def tagged_deed(inside: str, view: View) -> str:
    """Return the deed between a pair of tags: the action's line, and below it the text.

    The text begins after the end of that line and reaches to the closing tag.

    Raises:
        ValueError: with what is wrong.
    """
    line, _, text = inside.lstrip().partition("\n")
    action = read_action({"action": line.strip().removesuffix(".")}, view)
    # Below an action that takes no text, blank lines belong to the layout of the answer.
    if action not in view.writes and not text.strip():
        return action
    return _deed(action, text, view)


def _deed(action: str, text: str, view: View) -> str:
    if action not in view.writes:
        if text:
            raise ValueError(
                f"{action} takes no text; leave {FIELD} empty, or choose one of: "
                f"{', '.join(view.writes)}"
            )
        return action
    fault = text_fault(text)
    if fault is not None:
        raise ValueError(fault)
    return join_text(action, text)
