"""What a language model writes between the paper's tags, and how it becomes typed values.

The templates of intents, offers and responses are those of Shapley-Coop (2025, Sect. 3). What an
offer says is made explicit, in the sentences in which contracts are shown.
"""

from __future__ import annotations

import re

from shapley_coop.agents.llm.json_form import read_action, read_move, table_of
from shapley_coop.agents.sentences import read_sentences
from shapley_coop.interfaces.agent import View
from shapley_coop.records import Move

_OFFER = re.compile(
    r"I (?:counter-)?propose (?:that )?(?P<terms>\S+ pays? .+?|the plan: .+?)"
    r"(?: because (?P<why>.*))?",
    re.DOTALL,
)
_INTENT = re.compile(
    r"I propose to (?P<action>\S+?)\.?(?: because (?P<why>.*))?", re.DOTALL
)
_ANSWER = re.compile(
    r"I (?P<verb>agree|disagree|halt|wait)\b\.?(?: because (?P<why>.*))?", re.DOTALL
)
_KINDS = {"agree": "accept", "disagree": "reject", "halt": "halt", "wait": "wait"}


def tagged_move(text: str, view: View) -> Move:
    """Return the move in the text between the paper's tags.

    Raises:
        ValueError: it is none, with what to write.
    """
    text = text.strip()
    offer = _OFFER.fullmatch(text)
    if offer:
        # Whether an offer proposes or counters follows from the table, whatever the words.
        kind = "propose" if "propose" in table_of(view).legal else "counter"
        terms = read_sentences(offer["terms"])
        move = {"kind": kind, "say": offer["why"] or "", **terms}
        return read_move({"move": move}, view)
    intent = _INTENT.fullmatch(text)
    if intent:
        move = {
            "kind": "intend",
            "action": intent["action"],
            "say": intent["why"] or "",
        }
        return read_move({"move": move}, view)
    answer = _ANSWER.fullmatch(text)
    if answer:
        kind = _KINDS[answer["verb"]]
        move = {"kind": kind, "say": answer["why"] or ""}
        return read_move({"move": move}, view)
    raise ValueError(
        "between the tags write 'I propose that PAYER pays PAYEE PRICE if SEAT does ACTION because "
        "REASON', or 'I agree because REASON', or 'I disagree because REASON'"
    )


def tagged_action(text: str, view: View) -> str:
    """Return the action in the text between the paper's tags.

    Raises:
        ValueError: it is no legal action.
    """
    match = re.fullmatch(r"(?:I propose to )?(\S+?)\.?", text.strip())
    action = match[1] if match else text.strip()
    return read_action({"action": action}, view)
