"""What seats think, in lines of clean text: beliefs, forecasts, and what they say of the world.

Everything here is read from events, whose shapes another program may have written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from shapley_coop.credit.beliefs import ALL_COALITIONS_UP_TO
from shapley_coop.credit.labels import EVERYONE
from shapley_coop.records.words import clean, number
from shapley_coop.runs.report.rows import FEW

_MOST_VALUES = 64
_EXTERNALITIES = {
    "positive": "what it does helps the others",
    "negative": "what it does harms the others",
}


def belief_lines(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what a seat believes, and what the engine computes from it, a line each.

    Args:
        data: what the event holds: `beliefs`, the `phi` that follows, and where the beliefs
            contradict themselves, the `contradiction`.
    """
    beliefs = data["beliefs"]
    lines = _values_by_size(beliefs.get("values"))
    shares = beliefs.get("shares")
    if isinstance(shares, dict) and shares:
        lines.append(f"stated shares: {_seat_values(shares)}")
    view = _view_of_game(beliefs)
    if view:
        lines.append(view)
    contradiction = data.get("contradiction")
    if contradiction:
        lines.append(f"contradiction: {clean(str(contradiction))}")
    phi = data.get("phi")
    # Who states shares is told nothing that does not stand in the line above.
    if isinstance(phi, dict) and phi and phi != shares:
        # Older versions had many seats state some coalitions alone, from which φ was guessed.
        exact = len(phi) <= ALL_COALITIONS_UP_TO
        follows = "computes" if exact else "approximated"
        lines.append(f"so the engine {follows}: {_seat_values(phi)}")
    return tuple(lines)


def _values_by_size(values: Any) -> list[str]:
    """Return the values of coalitions in one line, or in one for each size if they are many."""
    if not isinstance(values, dict) or not values:
        return []
    if len(values) <= FEW:
        return [_coalition_values(values.items())]
    by_size: dict[int, list[tuple[str, Any]]] = {}
    for label, value in list(values.items())[:_MOST_VALUES]:
        by_size.setdefault(_size(str(label)), []).append((label, value))
    lines = [_coalition_values(group) for _, group in sorted(by_size.items())]
    rest = len(values) - _MOST_VALUES
    if rest > 0:
        lines.append(f"… {rest:,} values more; events.jsonl has them")
    return lines


def _size(label: str) -> int:
    """Return a number that grows with the coalition that a label names."""
    # Members are joined by a plus sign, and all or all but one are called everyone.
    return _MOST_VALUES if label.startswith(EVERYONE) else label.count("+")


def _coalition_values(values: Iterable[tuple[str, Any]]) -> str:
    parts = []
    for label, value in values:
        coalition = clean(str(label), 120)
        parts.append(f"v({coalition}) = {value_text(value)}")
    return ", ".join(parts)


def _view_of_game(beliefs: Mapping[str, Any]) -> str:
    """Return what a seat says of the game as a whole and of its own place in it."""
    parts = []
    pot = beliefs.get("pot")
    if pot is not None:
        parts.append(f"pot {value_text(pot)}")
    own = beliefs.get("own")
    if own is not None:
        parts.append(f"the game pays it {value_text(own)}")
    externality = str(beliefs.get("externality"))
    if externality in _EXTERNALITIES:
        parts.append(_EXTERNALITIES[externality])
    return ", ".join(parts)


def forecast_line(data: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the credit that a forecaster expects, as one line."""
    values = data.get("values")
    stderr = data.get("stderr")
    if not isinstance(values, dict) or not isinstance(stderr, dict) or not values:
        return ()
    parts = []
    for seat, value in values.items():
        name = clean(str(seat), 40)
        error = value_text(stderr.get(seat))
        parts.append(f"{name} {value_text(value)} ± {error}")
    if len(parts) > _MOST_VALUES:
        parts = [parts[0], "…", parts[-1]]
    return (", ".join(parts),)


def thought_lines(seat: str, words: Mapping[str, Any]) -> list[str]:
    """Return what a seat said beside its action: what holds, what it expects, and why."""
    name = clean(seat, 40)
    lines = []
    state = _claim(words.get("state"))
    if state:
        lines.append(f"{name} says that now: {state}")
    prediction = _claim(words.get("prediction"))
    if prediction:
        lines.append(f"{name} expects then: {prediction}")
    reason = words.get("reason")
    if reason:
        lines.append(f"{name} because “{clean(str(reason))}”")
    return lines


def _claim(claim: Any) -> str:
    """Return typed statements or free text in words. Nothing said is an empty text."""
    if isinstance(claim, str):
        return f"“{clean(claim)}”" if claim else ""
    if not isinstance(claim, list):
        return ""
    parts = [_statement(part) for part in claim]
    return "; ".join(part for part in parts if part)


def _statement(statement: Any) -> str:
    if not isinstance(statement, dict):
        return ""
    kind = clean(str(statement.get("kind")), 40)
    fields = statement.get("fields")
    if not isinstance(fields, dict):
        return kind
    parts = []
    for name, value in fields.items():
        parts.append(f"{clean(str(name), 40)} {clean(str(value), 60)}")
    inner = ", ".join(parts)
    return f"{kind} ({inner})"


def _seat_values(values: Mapping[Any, Any]) -> str:
    parts = []
    for seat, value in list(values.items())[:_MOST_VALUES]:
        name = clean(str(seat), 40)
        parts.append(f"{name} {value_text(value)}")
    rest = len(values) - _MOST_VALUES
    if rest > 0:
        parts.append(f"… {rest:,} more")
    return ", ".join(parts)


def value_text(value: Any) -> str:
    """Return a number of an event in words, or whatever stands in its place."""
    if isinstance(value, int | float):
        return number(value)
    # An event's numbers may be anything in a folder that another program wrote.
    return clean(str(value), 20)
