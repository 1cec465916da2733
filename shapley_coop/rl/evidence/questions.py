"""What a judge is asked: how well a claim says what is true, and how likely a step is right."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from shapley_coop.agents.prompts import render
from shapley_coop.records import Seat, Step, Terms
from shapley_coop.records.statements import Statement
from shapley_coop.records.wording import terms_text
from shapley_coop.records.words import clean

# How much of what strangers wrote a judge is shown: earlier steps, characters of a line, lines.
_EARLIER = 20
_LINE = 600
_LINES = 80


class Question(NamedTuple):
    """What a judge is asked. Equal questions are asked once."""

    about: Literal["claim", "step"]
    text: str


def claim_question(text: str, truth: Sequence[Statement]) -> Question:
    """Ask how well free text says what is true."""
    # What is true is quoted too: a game may name things as strangers told it to.
    facts = [quote(statement_text(statement)) for statement in truth]
    question = render("judge/claim.j2", text=quote(text), facts=facts)
    return Question("claim", question)


def step_question(
    seat: Seat,
    action: str,
    *,
    rules: str,
    earlier: Sequence[Step] = (),
    promises: Sequence[Terms] = (),
    reason: str = "",
) -> Question:
    """Ask how likely a step is right.

    Args:
        seat: who acted.
        action: what it did.
        rules: what the seat was told of the game before it.
        earlier: the steps before, of which a judge sees the last ones.
        promises: the terms that were in force.
        reason: what the seat said beside its action.
    """
    lines = []
    # Numbers stay those of the episode, also where early steps are cut off.
    for number, step in enumerate(earlier):
        actions = ", ".join(f"{who} {what}" for who, what in step.actions.items())
        lines.append(f"Step {number}: {actions}")
    signed: list[str] = []
    for terms in promises:
        signed += terms_text(terms)
    text = render(
        "judge/step.j2",
        seat=_line(seat),
        action=_line(action),
        rules=quote(rules),
        earlier=[quote(line) for line in lines[-_EARLIER:]],
        promises=[quote(line) for line in signed],
        reason=quote(reason),
    )
    return Question("step", text)


def statement_text(statement: Statement) -> str:
    """Return a statement in one line."""
    fields = ", ".join(f"{name} {value}" for name, value in statement.fields.items())
    return f"{statement.kind}: {fields}"


def quote(text: str) -> str:
    """Return strangers' text without control characters or what could end its quotation."""
    lines = text.splitlines()[:_LINES]
    return "\n".join(_line(line) for line in lines)


def _line(text: str) -> str:
    # Look-alike brackets cannot close a tag that the prompt opened.
    return clean(text, _LINE).replace("<", "‹").replace(">", "›")
