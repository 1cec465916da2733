"""The lines of a transcript, made from the events of an episode one after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from shapley_coop.records import Seat, Step, Terms
from shapley_coop.records.base import MAX_SPEECH
from shapley_coop.records.wording import terms_text
from shapley_coop.records.words import clean, each_of, names
from shapley_coop.runs.report.rows import FEW
from shapley_coop.runs.report.transcript.payments import (
    decision_text,
    deposits_text,
    payment_text,
)
from shapley_coop.runs.report.transcript.steps import deeds, fit_one_line
from shapley_coop.runs.report.transcript.thoughts import (
    belief_lines,
    forecast_line,
    thought_lines,
)

PLAY = "Play"
AFTER_PLAY = "After play"
SETTLEMENT = "Settlement"
FAULTS = ("forfeits", "error", "limit")
"""What is done, in lines about something that went wrong."""
_BELIEVES = "believes"
_WAITS = "waits"
_PARTS = {"play": PLAY, "split": AFTER_PLAY, "settle": SETTLEMENT}
_MOST_LINES = 400
_TERMS = TypeAdapter(Terms)
_VERBS = {
    "intend": "means to",
    "propose": "offers",
    "counter": "counters",
    "accept": "accepts",
    "reject": "rejects",
    "halt": "leaves the table",
    "wait": _WAITS,
}


class TalkLine(NamedTuple):
    """One line of a transcript."""

    part: str
    """The heading that it stands under, such as `Before play`."""
    round: int | None
    """The round of the table, if there was one."""
    seat: str
    """Who did it, or several seats in words. It is empty for the engine."""
    does: str
    """What was done, as a verb."""
    says: str = ""
    """The words that went with it."""
    terms: tuple[str, ...] = ()
    """What is offered, believed, thought or expected, a line each."""


class Teller:
    """Tells an episode from its events, in order. Lines come as soon as they are complete.

    Seats that say nothing but the same thing share a line. Events of unknown shape are skipped,
    so that a folder of a newer version can still be read.

    Args:
        live: whether somebody watches. Then only what all say at once is held back to be joined.
    """

    def __init__(self, *, live: bool = False) -> None:
        self._live = live
        self.steps = 0
        """Steps that were told."""
        self._actions: dict[Seat, str] = {}
        self._thoughts: list[str] = []
        self._beliefs: dict[str, TalkLine] = {}
        self._held: TalkLine | None = None
        self._seats: list[str] = []

    def hear(self, event: Mapping[str, Any]) -> list[TalkLine]:
        """Take the next event and return the lines that are complete now."""
        kind = event.get("kind")
        data = event["data"]
        if kind == "view":
            # Somebody is asked now, so what was said before must be seen. Who waits is silent,
            # and the others may well wait too.
            waits = self._held is not None and self._held.does == _WAITS
            return [] if waits else self.end()
        if kind == "act":
            self._remember(str(event.get("seat")), data)
            return []
        part = self._part(str(event.get("phase")))
        line = self._step_line(data) if kind == "reward" else _talk_line(event, part)
        if line is None:
            return []
        if line.does == _BELIEVES:
            line = self._unless_repeated(line)
        return self._take(line)

    def end(self) -> list[TalkLine]:
        """Return the line that was held back for others to join it, if there is one."""
        held = self._held
        self._held = None
        if held is None:
            return []
        if len(self._seats) > 1 and held.does == _WAITS:
            # Told as briefly as it can be: a, b and c wait.
            return [held._replace(seat=names(self._seats, most=FEW), does="wait")]
        return [held._replace(seat=each_of(self._seats, most=FEW))]

    def _take(self, line: TalkLine) -> list[TalkLine]:
        # Lines of the engine have no seat, and are never joined.
        joins = line.does == _WAITS or line.does.startswith(_BELIEVES)
        if not line.seat or (self._live and not joins):
            return [*self.end(), line]
        held = self._held
        if held is not None and line._replace(seat=held.seat) == held:
            self._seats.append(line.seat)
            return []
        complete = self.end()
        self._held = line
        self._seats = [line.seat]
        return complete

    def _unless_repeated(self, line: TalkLine) -> TalkLine:
        """Return what a seat believes, in one word if it is what it believed before."""
        before = self._beliefs.get(line.seat)
        self._beliefs[line.seat] = line
        if before is None or (before.says, before.terms) != (line.says, line.terms):
            return line
        return line._replace(does="believes what it believed before", says="", terms=())

    def _part(self, phase: str) -> str:
        if phase != "task":
            return _PARTS.get(phase) or clean(phase, 20)
        # A table that re-opens stands before the step that it is about.
        return f"Before step {self.steps}" if self.steps else "Before play"

    def _remember(self, seat: Seat, data: Mapping[str, Any]) -> None:
        """Keep an action until the rewards of its step are known."""
        self._actions[seat] = str(data.get("action"))
        thought = data.get("thought")
        if isinstance(thought, dict):
            self._thoughts += thought_lines(seat, thought)

    def _step_line(self, data: Mapping[str, Any]) -> TalkLine | None:
        actions = self._actions
        thoughts = self._thoughts
        self._actions = {}
        self._thoughts = []
        try:
            step = Step(actions=actions, rewards=data.get("rewards") or {})
        except ValidationError:
            return None
        line = step_line(self.steps, step, thoughts)
        self.steps += 1
        return line


def step_line(index: int, step: Step, thoughts: Sequence[str] = ()) -> TalkLine:
    """Return what was done in a step, with what seats said beside it."""
    texts = deeds(step)
    if fit_one_line(texts):
        together = "; ".join(texts)
        return TalkLine(
            PLAY, None, "", f"step {index}: {together}", "", tuple(thoughts)
        )
    return TalkLine(PLAY, None, "", f"step {index}", "", (*texts, *thoughts))


def dialogue(
    events: Iterable[Mapping[str, Any]], steps: Sequence[Step]
) -> tuple[TalkLine, ...]:
    """Return an episode as a transcript without its payments, which the ledger shows.

    Args:
        events: the events of the episode, in order.
        steps: the steps of its record, told where the events lack them.
    """
    teller = Teller()
    lines = []
    for event in events:
        lines += teller.hear(event)
    lines += teller.end()
    before = [line for line in lines if line.part not in (AFTER_PLAY, SETTLEMENT)]
    after = [line for line in lines if line.part == AFTER_PLAY]
    # Folders of other programs may keep a record without the events that led to it.
    untold = [step_line(i, steps[i]) for i in range(teller.steps, len(steps))]
    return _shortened([*before, *untold, *after])


def _talk_line(event: Mapping[str, Any], part: str) -> TalkLine | None:
    """Return one event as a line of talk, or None if it is none."""
    data = event["data"]
    kind = event.get("kind")
    round_ = event.get("round")
    seat = str(event.get("seat") or "")
    line = TalkLine(
        part=part,
        round=round_ if isinstance(round_, int) else None,
        seat=clean(seat, 40),
        does="",
    )
    if kind not in ("say", "offer"):
        return _engine_line(line, kind, data)
    if isinstance(data.get("beliefs"), dict):
        reason = clean(str(data["beliefs"].get("reason") or ""), MAX_SPEECH)
        terms = belief_lines(data)
        return line._replace(does=_BELIEVES, says=reason, terms=terms)
    return _move_line(line, data.get("move"))


def _move_line(line: TalkLine, move: Any) -> TalkLine | None:
    if not isinstance(move, dict):
        return None
    kind = move.get("kind")
    if kind not in _VERBS:
        return None
    says = clean(str(move.get("say") or ""), MAX_SPEECH)
    terms = _terms(move.get("terms"))
    action = clean(str(move.get("action") or ""), 60)
    does = f"{_VERBS[kind]} {action}".rstrip()
    return line._replace(does=does, says=says, terms=terms)


def _engine_line(line: TalkLine, kind: Any, data: Mapping[str, Any]) -> TalkLine | None:
    """Return what the engine had to say, as a line of talk."""
    if kind == "sign":
        signers = [str(seat) for seat in data.get("signatures", ())]
        return line._replace(does=f"signed by {names(signers, most=FEW)}")
    if kind == "deposit":
        return line._replace(does=deposits_text(data))
    if kind == "honour":
        return line._replace(
            does=decision_text(data), terms=_terms({"clauses": data.get("owed") or ()})
        )
    if kind == "forecast":
        step = data.get("step")
        when = clean(f"credit expected after step {step}", 60)
        return line._replace(does=when, terms=forecast_line(data))
    if kind == "transfer":
        return line._replace(does=payment_text(data))
    reason = str(data.get("reason", ""))
    if kind == "forfeit":
        return line._replace(does="forfeits", says=clean(reason, 300))
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


def _shortened(lines: Sequence[TalkLine]) -> tuple[TalkLine, ...]:
    """Cut the middle of a very long transcript, and say so."""
    if len(lines) <= _MOST_LINES:
        return tuple(lines)
    # How a talk begins tells more than how it ends.
    head = lines[: _MOST_LINES * 3 // 4]
    tail = lines[-_MOST_LINES // 4 :]
    count = len(lines) - len(head) - len(tail)
    note = f"… {count:,} lines left out; events.jsonl has them"
    gap = TalkLine(tail[0].part, None, "", note)
    return (*head, gap, *tail)
