"""What an agent can answer when it is asked for an action."""

from __future__ import annotations

from typing import NamedTuple

from shapley_coop.records import join_text
from shapley_coop.records.statements import Thought


class Reasoned(NamedTuple):
    """An action with what its seat said of the world."""

    action: str
    """Where it takes a text, the name and the text as `records.join_text` makes them one."""
    thought: Thought


class Written(NamedTuple):
    """An action with the text that it takes, which reaches the game character by character."""

    action: str
    text: str


Act = str | Written | Reasoned
"""An action by its name, with a text, or with what its seat said of the world."""


def deed_of(answer: Act | None) -> str | None:
    """Return the action of an answer, joined with its text if it has one."""
    if isinstance(answer, Written):
        return join_text(answer.action, answer.text)
    return answer.action if isinstance(answer, Reasoned) else answer
