"""What was said in one episode, as lines of clean text for every renderer alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from shapley_coop.records import Terms
from shapley_coop.records.wording import terms_text
from shapley_coop.records.words import clean, each_of, names, number
from shapley_coop.runs.report.rows import FEW

PHASES = {
    "task": "Before play",
    "play": "Play",
    "split": "After play",
    "settle": "Settlement",
}
_MOST_LINES = 40
_TERMS = TypeAdapter(Terms)
_VERBS = {
    "propose": "offers",
    "counter": "counters",
    "accept": "accepts",
    "reject": "rejects",
    "halt": "leaves the table",
    "wait": "waits",
}


class TalkLine(NamedTuple):
    """One line of a negotiation."""

    phase: str
    """When it was said."""
    round: int | None
    """The round of the table, if there was one."""
    seat: str
    """Who spoke, or several seats in words. It is empty for the engine."""
    does: str
    """What was done, as a verb."""
    says: str = ""
    """The words that went with it."""
    terms: tuple[str, ...] = ()
    """What is offered, believed or expected, a line each."""


def dialogue(events: Iterable[Mapping[str, Any]]) -> tuple[TalkLine, ...]:
    """Return the events of an episode as a dialogue of at most some forty lines.

    Seats that say nothing but the same thing share a line. Events of unknown shape are skipped,
    so that a folder of a newer version can still be read.
    """
    lines = []
    for event in events:
        line = _talk_line(event)
        if line is not None:
            lines.append(line)
    return _shortened(_folded(lines))


def around_play(lines: Sequence[TalkLine]) -> tuple[list[TalkLine], list[TalkLine]]:
    """Return what stands before the steps of an episode, and the talk of its division after."""
    before = [line for line in lines if line.phase != "split"]
    after = [line for line in lines if line.phase == "split"]
    return before, after


def _talk_line(event: Mapping[str, Any]) -> TalkLine | None:
    """Return one event as a line of talk, or None if it is none."""
    data = event["data"]
    kind = event.get("kind")
    round_ = event.get("round")
    seat = str(event.get("seat") or "")
    line = TalkLine(
        phase=str(event.get("phase")),
        round=round_ if isinstance(round_, int) else None,
        seat=clean(seat, 40),
        does="",
    )
    if kind not in ("say", "offer"):
        return _engine_line(line, kind, data)
    beliefs = data.get("beliefs")
    if isinstance(beliefs, dict):
        terms = _beliefs(beliefs, data.get("phi"))
        return line._replace(does="believes", terms=terms)
    return _move_line(line, data.get("move"))


def _move_line(line: TalkLine, move: Any) -> TalkLine | None:
    if not isinstance(move, dict):
        return None
    kind = move.get("kind")
    if kind not in _VERBS:
        return None
    words = move.get("say")
    # A seat waits whenever it is not its turn, so only a wait with words is worth a line.
    if kind == "wait" and not words:
        return None
    terms = _terms(move.get("terms"))
    says = clean(str(words or ""))
    return line._replace(does=_VERBS[kind], says=says, terms=terms)


def _engine_line(line: TalkLine, kind: Any, data: Mapping[str, Any]) -> TalkLine | None:
    """Return what the engine had to say, as a line of talk."""
    if kind == "sign":
        signers = [str(seat) for seat in data.get("signatures", ())]
        return line._replace(does=f"signed by {names(signers)}")
    if kind == "forecast":
        step = data.get("step")
        when = clean(f"credit expected after step {step}", 60)
        credit = _forecast(data.get("values"), data.get("stderr"))
        return line._replace(does=when, terms=credit)
    reason = str(data.get("reason", ""))
    if kind == "forfeit":
        return line._replace(does="forfeits", says=clean(reason, 160))
    if kind in ("limit", "error"):
        return line._replace(does=str(kind), says=clean(reason))
    # The other kinds are shown elsewhere, or are of a newer version.
    return None


def _terms(raw: Any) -> tuple[str, ...]:
    if raw is None:
        return ()
    try:
        terms = _TERMS.validate_python(raw)
    except ValidationError:
        return ("terms that this version cannot read",)
    return tuple(terms_text(terms))


def _beliefs(beliefs: Mapping[str, Any], phi: Any) -> tuple[str, ...]:
    """Return what a seat believes coalitions are worth, and what follows from it."""
    values = beliefs.get("values")
    # The beliefs about many coalitions would fill the screen and say little.
    if not isinstance(values, dict) or len(values) > FEW:
        return ()
    parts = []
    for label, value in values.items():
        coalition = clean(str(label), 60)
        parts.append(f"v({coalition}) = {_value(value)}")
    lines = [", ".join(parts)]
    if isinstance(phi, dict) and len(phi) <= FEW:
        credit = _seat_values(phi)
        lines.append(f"so the engine computes: {credit}")
    return tuple(lines)


def _seat_values(values: Mapping[Any, Any]) -> str:
    parts = []
    for seat, value in values.items():
        name = clean(str(seat), 40)
        parts.append(f"{name} {_value(value)}")
    return ", ".join(parts)


def _forecast(values: Any, stderr: Any) -> tuple[str, ...]:
    """Return a forecast as one line. Of many seats, the first and the last are shown."""
    if not isinstance(values, dict) or not isinstance(stderr, dict):
        return ()
    parts = []
    for seat, value in values.items():
        name = clean(str(seat), 40)
        mean = _value(value)
        error = _value(stderr.get(seat))
        parts.append(f"{name} {mean} ±{error}")
    if not parts:
        return ()
    if len(parts) > FEW:
        parts = [parts[0], "…", parts[-1]]
    return (", ".join(parts),)


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return number(value)
    # An event's numbers may be anything in a folder that another program wrote.
    return clean(str(value), 20)


def _folded(lines: Sequence[TalkLine]) -> list[TalkLine]:
    """Join neighbouring lines of seats that say nothing but the same thing."""
    result: list[TalkLine] = []
    seats: list[str] = []
    for line in lines:
        if result and _same_but_for_seat(line, result[-1]):
            seats.append(line.seat)
            continue
        if result:
            result[-1] = result[-1]._replace(seat=each_of(seats))
        result.append(line)
        seats = [line.seat] if line.seat else []
    if result:
        result[-1] = result[-1]._replace(seat=each_of(seats))
    return result


def _same_but_for_seat(line: TalkLine, other: TalkLine) -> bool:
    # Lines of the engine have no seat, and are never joined.
    if not line.seat:
        return False
    return line._replace(seat=other.seat) == other


def _shortened(lines: Sequence[TalkLine]) -> tuple[TalkLine, ...]:
    """Cut the middle of a long talk, and say so."""
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    # How a talk begins tells more than how it ends.
    head = lines[: _MOST_LINES * 3 // 4]
    tail = lines[-_MOST_LINES // 4 :]
    count = len(lines) - len(head) - len(tail)
    note = f"… {count:,} lines left out; events.jsonl has them"
    phase = tail[0].phase
    gap = TalkLine(phase, None, "", note)
    return (*head, gap, *tail)
