"""What a report says, gathered once from a run folder and shown by each renderer its own way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import TypeAdapter, ValidationError

from shapley_coop.errors import RunFolderError
from shapley_coop.records import Episode, Seat, Terms
from shapley_coop.records.words import clean, names, number, terms_text
from shapley_coop.runs.figures import summary
from shapley_coop.runs.store.folder import RunFolder

MANY_SEATS = 12
_MANY_LINES = 40
_MANY_GROUPS = 8
_TERMS = TypeAdapter(Terms)
_VERBS = {
    "propose": "offers",
    "counter": "counters",
    "accept": "accepts",
    "reject": "rejects",
    "halt": "leaves the table",
    "wait": "waits",
}
PHASES = {
    "task": "Before play",
    "play": "Play",
    "split": "After play",
    "settle": "Settlement",
}


class Said(NamedTuple):
    """One line of a negotiation: all its text is clean."""

    phase: str
    round: int | None
    seat: str
    does: str
    says: str = ""
    terms: tuple[str, ...] = ()


class SeatRow(NamedTuple):
    """One seat, or a group of seats that did the same, in the tables of figures."""

    name: str
    raw: float | None
    settled: float | None
    margin: float | None
    """Half the 95 percent interval of `settled`; none for groups."""
    claimed: float | None
    agreed: float | None
    measured: float | None
    stderr: float | None
    final: float | None
    outside: float | None
    rational: bool | None
    overclaim: float | None


class Content(NamedTuple):
    """Everything that a report shows."""

    run: RunFolder
    figures: dict[str, Any]
    rows: tuple[SeatRow, ...]
    seats: tuple[tuple[str, str], ...]
    """Groups of seats and who sits there."""
    episode: Episode | None
    dialogue: tuple[Said, ...]


def gather(run: RunFolder, episode: int | None = None) -> Content:
    """Return what a report of the run shows, with the talk of one episode.

    Args:
        run: an opened run.
        episode: whose talk to show; none: the first that was played to its end.

    Raises:
        RunFolderError: the run has no such episode, or a file of it is corrupt.
    """
    episodes = list(run.episodes())
    # a run that was never finished has no wall time yet; its episodes know theirs
    figures = summary(
        episodes,
        run=str(run.path),
        status=run.manifest.status,
        seconds=run.manifest.seconds or None,
    )
    chosen = _choose(episodes, episode)
    dialogue: tuple[Said, ...] = ()
    if chosen is not None:
        dialogue = _fold(list(_dialogue(run, chosen.index)))
    return Content(
        run, figures, _rows(figures, chosen), _sitting(run, figures), chosen, dialogue
    )


def _choose(episodes: list[Episode], wanted: int | None) -> Episode | None:
    if wanted is not None:
        if not 0 <= wanted < len(episodes):
            known = f"0 to {len(episodes) - 1}" if episodes else "none yet"
            raise RunFolderError(f"the run has no episode {wanted}; recorded: {known}")
        return episodes[wanted]
    played = [episode for episode in episodes if episode.status == "done"]
    return next(iter(played or episodes), None)


# -- the talk --------------------------------------------------------------------------------


def _dialogue(run: RunFolder, index: int) -> Iterator[Said]:
    for event in run.events(index):
        said = _said(event)
        if said is not None:
            yield said


def _said(event: dict[str, Any]) -> Said | None:
    """Return one event as a line of talk, or None where it is none; unknown shapes are skipped."""
    data, kind = event["data"], event.get("kind")
    phase, round_ = str(event.get("phase")), event.get("round")
    seat = clean(str(event.get("seat") or ""), 40)
    line = Said(phase, round_ if isinstance(round_, int) else None, seat, "")
    if kind not in ("say", "offer"):
        return _told(line, kind, data)
    if isinstance(beliefs := data.get("beliefs"), dict):
        return line._replace(does="believes", terms=_beliefs(beliefs, data.get("phi")))
    move = data.get("move")
    if not isinstance(move, dict) or move.get("kind") not in _VERBS:
        return None
    if move["kind"] == "wait" and not move.get("say"):
        return None
    says = clean(str(move.get("say") or ""))
    return line._replace(
        does=_VERBS[move["kind"]], says=says, terms=_terms(move.get("terms"))
    )


def _told(line: Said, kind: Any, data: dict[str, Any]) -> Said | None:
    """Return what the engine had to say, as a line of talk."""
    if kind == "sign":
        signers = [str(seat) for seat in data.get("signatures", ())]
        return line._replace(does=f"signed by {names(signers)}")
    if kind == "forecast":
        after = clean(f"credit expected after step {data.get('step')}", 60)
        return line._replace(
            does=after, terms=_expected(data.get("values"), data.get("stderr"))
        )
    if kind == "forfeit":
        return line._replace(
            does="forfeits", says=clean(str(data.get("reason", "")), 160)
        )
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


def _beliefs(beliefs: dict[str, Any], phi: Any) -> tuple[str, ...]:
    values = beliefs.get("values")
    if not isinstance(values, dict) or len(values) > MANY_SEATS:
        return ()
    said = [f"v({clean(str(k), 60)}) = {_value(v)}" for k, v in values.items()]
    lines = [", ".join(said)]
    if isinstance(phi, dict) and len(phi) <= MANY_SEATS:
        follows = ", ".join(f"{clean(str(k), 40)} {_value(v)}" for k, v in phi.items())
        lines.append(f"so the engine computes: {follows}")
    return tuple(lines)


def _expected(values: Any, stderr: Any) -> tuple[str, ...]:
    """Return a forecast as one line; of many seats, the first and the last."""
    if not isinstance(values, dict) or not isinstance(stderr, dict) or not values:
        return ()
    said = [
        f"{clean(str(seat), 40)} {_value(value)} ±{_value(stderr.get(seat))}"
        for seat, value in values.items()
    ]
    return (", ".join([said[0], "…", said[-1]] if len(said) > MANY_SEATS else said),)


def _value(value: Any) -> str:
    return number(value) if isinstance(value, int | float) else clean(str(value), 20)


def _fold(said: list[Said]) -> tuple[Said, ...]:
    """Join seats that say nothing but the same thing, and cut the middle of a long talk."""
    lines: list[Said] = []
    groups: list[list[str]] = []
    for line in said:
        same = lines and line.seat and line._replace(seat=lines[-1].seat) == lines[-1]
        if same:
            groups[-1].append(line.seat)
        else:
            lines.append(line)
            groups.append([line.seat] if line.seat else [])
    lines = [
        line._replace(seat=_each(group))
        for line, group in zip(lines, groups, strict=True)
    ]
    if len(lines) <= _MANY_LINES:
        return tuple(lines)
    head, tail = lines[: _MANY_LINES * 3 // 4], lines[-_MANY_LINES // 4 :]
    left_out = len(lines) - len(head) - len(tail)
    gap = Said(
        tail[0].phase, None, "", f"… {left_out:,} lines left out; events.jsonl has them"
    )
    return (*head, gap, *tail)


def _each(seats: list[str]) -> str:
    return f"each of {names(seats)}" if len(seats) > 1 else names(seats)


# -- seats and their figures -------------------------------------------------------------------


def _sitting(run: RunFolder, figures: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    seats = list(figures["credit"]) or list(run.config.seats)
    groups: dict[str, list[Seat]] = {}
    for seat in seats:
        agent = clean(run.config.seats.get(seat, run.config.agent), 60)
        if agent == "llm":
            agent = f"llm, {clean(run.config.model.name, 60)}"
        groups.setdefault(agent, []).append(seat)
    return tuple((names(group), agent) for agent, group in groups.items())


def _rows(figures: dict[str, Any], episode: Episode | None) -> tuple[SeatRow, ...]:
    seats = list(figures["credit"])
    if len(seats) <= MANY_SEATS:
        return tuple(_row(figures, clean(seat, 40), [seat]) for seat in seats)
    rows = [_row(figures, clean(seat, 40), [seat]) for seat in (seats[0], seats[-1])]
    groups = _groups(seats, episode)
    shown = groups[:_MANY_GROUPS]
    rows += [
        _row(figures, f"{len(group):,} seats: {role}", group) for role, group in shown
    ]
    if rest := [seat for _, group in groups[_MANY_GROUPS:] for seat in group]:
        rows.append(_row(figures, f"{len(rest):,} seats: other", rest))
    return tuple(rows)


def _groups(seats: list[Seat], episode: Episode | None) -> list[tuple[str, list[Seat]]]:
    """Return seats by what they did most in the shown episode, the largest group first."""
    done: dict[Seat, Counter[str]] = {seat: Counter() for seat in seats}
    for step in episode.steps if episode else ():
        for seat, action in step.actions.items():
            if seat in done:
                done[seat][action] += 1
    groups: dict[str, list[Seat]] = {}
    for seat, actions in done.items():
        role = (
            actions.most_common(1)[0][0]
            if actions
            else seat.rpartition("_")[0] or "seat"
        )
        groups.setdefault(clean(role, 30), []).append(seat)
    return sorted(groups.items(), key=lambda group: -len(group[1]))


def _row(figures: dict[str, Any], name: str, seats: list[Seat]) -> SeatRow:
    credit = [figures["credit"][seat] for seat in seats]

    def mean(values: list[float | None]) -> float | None:
        there = [value for value in values if value is not None]
        return sum(there) / len(there) if there else None

    def column(field: str) -> float | None:
        return mean([seat[field] for seat in credit])

    interval = figures["payoff_intervals"].get(seats[0]) if len(seats) == 1 else None
    rational = [seat["rational"] for seat in credit if seat["rational"] is not None]
    return SeatRow(
        name=name,
        raw=mean([figures["mean_raw_payoffs"].get(seat) for seat in seats]),
        settled=mean([figures["mean_payoffs"].get(seat) for seat in seats]),
        margin=(interval[1] - interval[0]) / 2 if interval else None,
        claimed=column("claimed"),
        agreed=column("agreed"),
        measured=column("measured"),
        stderr=column("stderr"),
        final=column("final"),
        outside=column("outside"),
        rational=all(rational) if rational else None,
        overclaim=column("overclaim"),
    )
