"""What seats did in a step and what the game paid for it, with those together who did the same."""

from __future__ import annotations

from shapley_coop.records import Seat, Step
from shapley_coop.records.words import clean, names, number
from shapley_coop.runs.report.rows import FEW

_MOST_GROUPS = 40
_IN_ONE_LINE = 3


def deeds(step: Step) -> list[str]:
    """Return what seats did, one text for each group that did the same for the same pay."""
    groups: dict[tuple[str, float], list[Seat]] = {}
    for seat, action in step.actions.items():
        payment = step.rewards.get(seat, 0.0)
        groups.setdefault((action, payment), []).append(seat)
    rows = sorted(groups.items(), key=lambda row: -len(row[1]))
    texts = []
    for (action, payment), seats in rows[:_MOST_GROUPS]:
        each = " each" if len(seats) > 1 else ""
        reward = number(payment, sign=True)
        who = names(seats, most=FEW)
        deed = clean(action, 120)
        texts.append(f"{who} {deed} ({reward}{each})")
    others = len(rows) - _MOST_GROUPS
    if others > 0:
        texts.append(f"{others} more kinds")
    # A game may also pay a seat that has not acted.
    for seat, payment in step.rewards.items():
        if seat not in step.actions and payment:
            texts.append(f"{clean(seat, 40)} is paid {number(payment, sign=True)}")
    return texts


def fit_one_line(texts: list[str]) -> bool:
    """Return whether deeds stand beside each other, or below each other because they are many."""
    return len(texts) <= _IN_ONE_LINE
