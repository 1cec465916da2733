"""What a language model writes with an action that takes a text, and how it is read: exactly.

The text is a stranger's, and it is data: a file's content has to arrive as it was written. So it is
taken character by character or refused, and never trimmed, mended or guessed.
"""

from __future__ import annotations

from typing import Any

from shapley_coop.agents.clauses import excerpt
from shapley_coop.agents.llm.json_form import read_action
from shapley_coop.interfaces.agent import View
from shapley_coop.interfaces.model import Schema
from shapley_coop.records import join_text, text_fault

FIELD = "text"
"""The field of the text in a JSON answer."""


def text_schema(view: View) -> dict[str, Schema]:
    """Return the field of the text, by its name, or nothing where no legal action takes one."""
    # It has no greatest length: grammars count out such bounds one by one. Tokens bound it.
    return {FIELD: {"type": "string"}} if view.writes else {}


def read_deed(answer: dict[str, Any], view: View) -> str:
    """Return a legal action of a JSON answer, joined with its text where it takes one.

    Raises:
        ValueError: with what is wrong.
    """
    action = read_action(answer, view)
    text = answer.get(FIELD, "")
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
