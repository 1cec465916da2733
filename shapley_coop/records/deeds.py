"""What a seat does in one step: an action by name, and the text that some actions take.

One string holds both: the name, a line end, and the text. So lines of play, plans and histories
stay sequences of strings, whether a game has texts or not.
"""

from __future__ import annotations

from typing import NamedTuple

from shapley_coop.records.statements import Thought

MAX_TEXT = 100_000
"""Most characters of the text of one action."""
_LINE_END = "\n"


class Deed(NamedTuple):
    """An action with its text."""

    action: str
    """The name."""
    text: str | None = None
    """None means that nothing was written, which is not the same as an empty text."""


def join_text(action: str, text: str | None) -> str:
    """Return an action and its text as one string. Without a text it is the name."""
    return action if text is None else f"{action}{_LINE_END}{text}"


def split_text(deed: str) -> Deed:
    """Return what `join_text` made one string of."""
    action, end, text = deed.partition(_LINE_END)
    return Deed(action, text if end else None)


def text_fault(text: str) -> str | None:
    """Return why a text cannot be taken, or None if it can.

    A text is kept as it is, so only what no file can hold is refused, and what is too long.
    """
    if len(text) > MAX_TEXT:
        return f"its text has {len(text):,} characters; at most {MAX_TEXT:,} are taken"
    if "\0" in text:
        return "its text holds a NUL character, which no text file does"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "its text holds half a character (a lone surrogate), which no file can"
    return None


class Reasoned(NamedTuple):
    """An action with what its seat said of the world."""

    action: str
    """Where it takes a text, the name and the text as `join_text` makes them one."""
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
