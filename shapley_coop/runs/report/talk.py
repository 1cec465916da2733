"""What was said in one episode, as lines of clean text for every renderer alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from shapley_coop.records import Terms
from shapley_coop.records.words import clean, names, number, terms_text
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
    round: int | None
    seat: str
    does: str
    says: str = ""
    terms: tuple[str, ...] = ()


def dialogue(events: Iterable[Mapping[str, Any]]) -> tuple[TalkLine, ...]:
    """Return the events of an episode as a dialogue of at most some forty lines.

    Seats that say nothing but the same thing share a line. Events of unknown shape are skipped,
    so that a folder of a newer version can still be read.
    """
    parts = [_talk_line(event) for event in events]
    return _shortened(_folded([line for line in parts if line is not None]))


def _talk_line(event: Mapping[str, Any]) -> TalkLine | None:
    """Return one event as a line of talk, or None if it is none."""
    data = event["data"]
    kind = event.get("kind")
    number_ = event.get("round")
    line = TalkLine(
        phase=str(event.get("phase")),
        round=number_ if isinstance(number_, int) else None,
        seat=clean(str(event.get("seat") or ""), 40),
        does="",
    )
    if kind not in ("say", "offer"):
        return _engine_line(line, kind, data)
    beliefs = data.get("beliefs")
    if isinstance(beliefs, dict):
        return line._replace(does="believes", terms=_beliefs(beliefs, data.get("phi")))
    return _move_line(line, data.get("move"))


def _move_line(line: TalkLine, move: Any) -> TalkLine | None:
    if not isinstance(move, dict) or move.get("kind") not in _VERBS:
        return None
    says = clean(str(move.get("say") or ""))
    # A seat waits whenever it is not its turn; only a wait with words is worth a line.
    if move["kind"] == "wait" and not move.get("say"):
        return None
    return line._replace(
        does=_VERBS[move["kind"]], says=says, terms=_terms(move.get("terms"))
    )


def _engine_line(line: TalkLine, kind: Any, data: Mapping[str, Any]) -> TalkLine | None:
    """Return what the engine had to say, as a line of talk."""
    if kind == "sign":
        signers = [str(seat) for seat in data.get("signatures", ())]
        return line._replace(does=f"signed by {names(signers)}")
    if kind == "forecast":
        when = clean(f"credit expected after step {data.get('step')}", 60)
        credit = _forecast(data.get("values"), data.get("stderr"))
        return line._replace(does=when, terms=credit)
    if kind == "forfeit":
        reason = clean(str(data.get("reason", "")), 160)
        return line._replace(does="forfeits", says=reason)
    if kind in ("limit", "error"):
        return line._replace(does=str(kind), says=clean(str(data.get("reason", ""))))
    return None


def _terms(raw: Any) -> tuple[str, ...]:
    if raw is None:
        return ()
    try:
        return tuple(terms_text(_TERMS.validate_python(raw)))
    except ValidationError:
        return ("terms that this version cannot read",)


def _beliefs(beliefs: Mapping[str, Any], phi: Any) -> tuple[str, ...]:
    values = beliefs.get("values")
    if not isinstance(values, dict) or len(values) > FEW:
        return ()
    worths = [f"v({clean(str(k), 60)}) = {_value(v)}" for k, v in values.items()]
    lines = [", ".join(worths)]
    if isinstance(phi, dict) and len(phi) <= FEW:
        credit = [f"{clean(str(k), 40)} {_value(v)}" for k, v in phi.items()]
        lines.append(f"so the engine computes: {', '.join(credit)}")
    return tuple(lines)


def _forecast(values: Any, stderr: Any) -> tuple[str, ...]:
    """Return a forecast as one line; of many seats, the first and the last."""
    if not isinstance(values, dict) or not isinstance(stderr, dict) or not values:
        return ()
    parts = [
        f"{clean(str(seat), 40)} {_value(value)} ±{_value(stderr.get(seat))}"
        for seat, value in values.items()
    ]
    if len(parts) > FEW:
        parts = [parts[0], "…", parts[-1]]
    return (", ".join(parts),)


def _value(value: Any) -> str:
    if isinstance(value, int | float):
        return number(value)
    return clean(str(value), 20)


def _folded(lines: Sequence[TalkLine]) -> list[TalkLine]:
    """Join neighbouring lines of seats that say nothing but the same thing."""
    kept: list[TalkLine] = []
    groups: list[list[str]] = []
    for line in lines:
        if kept and line.seat and line._replace(seat=kept[-1].seat) == kept[-1]:
            groups[-1].append(line.seat)
        else:
            kept.append(line)
            groups.append([line.seat] if line.seat else [])
    pairs = zip(kept, groups, strict=True)
    return [line._replace(seat=_speakers(group)) for line, group in pairs]


def _shortened(lines: Sequence[TalkLine]) -> tuple[TalkLine, ...]:
    """Cut the middle of a long talk, and say so."""
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    head = lines[: _MOST_LINES * 3 // 4]
    tail = lines[-_MOST_LINES // 4 :]
    cut = len(lines) - len(head) - len(tail)
    note = f"… {cut:,} lines left out; events.jsonl has them"
    return (*head, TalkLine(tail[0].phase, None, "", note), *tail)


def _speakers(seats: Sequence[str]) -> str:
    return f"each of {names(seats)}" if len(seats) > 1 else names(seats)
