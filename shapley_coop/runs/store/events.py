r"""What happened in a run, line by line, in the order of the episodes whatever ran at once.

A line is `{seq, time, episode, phase, round, seat, kind, data}`. What `data` holds by kind (all
records in their JSON form; readers take what they know and skip the rest):

view      legal (what the seat may do), or any other facts of the moment
say       move (with its `say`), or beliefs with the phi that follows from them and, where they
          contradict themselves, the contradiction in words
offer     move (propose or counter, with its terms and `say`)
sign      offer (its id), signatures
deposit   held or returned: what each seat leaves in escrow, or is given back, by seat
honour    owed (clauses), pays (whether the seat pays what nobody enforces)
act       step, action; thought (what the seat said of the world, where model.reasoning asks)
forfeit   moment (believe, negotiate or act), reason
reward    step, reward
forecast  step (how many were played), values and stderr by seat: the credit expected then
transfer  payer, payee, micro, reason
credit    whatever the credit record holds
limit     reason
error     reason

Everything measured in time is called `time` or `seconds`, at the top or directly in `data`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, cast, get_args

from pydantic import BaseModel

from shapley_coop.llm.secrets import mask_within
from shapley_coop.records import Episode, Phase, Seat

Kind = Literal[
    "view",
    "say",
    "offer",
    "sign",
    "deposit",
    "honour",
    "act",
    "forfeit",
    "transfer",
    "reward",
    "forecast",
    "credit",
    "limit",
    "error",
]
KINDS = frozenset(get_args(Kind))


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, with `data` of JSON values and records."""

    episode: int
    """The number of the episode."""
    kind: Kind
    """What kind of thing happened."""
    phase: Phase
    """When in the episode it happened."""
    round: int | None
    """The round of the table. None away from a table."""
    seat: Seat | None
    """Who did it. None for the engine."""
    time: float
    """Seconds since 1970, or whatever the clock of the run counts."""
    data: dict[str, Any]
    """What belongs to its kind, as the head of this module says."""

    def line(self, seq: int) -> bytes:
        """Return the event as a line of `events.jsonl`, in plain ASCII."""
        return line_at(seq, self.text())

    def text(self) -> str:
        """Return the fields of the event's line but for its number, as JSON in plain ASCII."""
        fields = {
            "time": round(self.time, 3),
            "episode": self.episode,
            "phase": self.phase,
            "round": self.round,
            "seat": self.seat,
            "kind": self.kind,
            "data": self.data,
        }
        return json.dumps(fields, separators=(",", ":"), default=_plain)


def line_at(seq: int, text: str) -> bytes:
    """Return the line of `events.jsonl` of an event whose place in the run is known."""
    # The number comes first, so that it can be added to what was written down elsewhere.
    return f'{{"seq":{seq},{text[1:]}\n'.encode()


def masked_text(event: Event, mask: Callable[[str], str]) -> str:
    """Return the text of an event without any key that somebody said."""
    text = event.text()
    # Nearly no event holds a key, and only those are taken apart.
    if mask(text) == text:
        return text
    data = json.loads(json.dumps(event.data, default=_plain))
    return replace(event, data=mask_within(data, mask)).text()


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"an event's data holds JSON values and records, got {value!r}")


class Log(Protocol):
    """Takes what recorders are told of episodes: the run's own log, or one that packs it up."""

    def add(self, event: Event) -> None:
        """Take an event of an open episode."""
        ...

    def keep_traceback(self, index: int, error: BaseException) -> None:
        """Take the traceback of what broke an episode."""
        ...

    def end(self, episode: Episode) -> None:
        """Take the record of an episode that is over."""
        ...


class EpisodeRecorder:
    """Takes the events of one episode, in order, then its record."""

    def __init__(self, index: int, log: Log, clock: Callable[[], float]) -> None:
        self.index = index
        self._log = log
        self._clock = clock

    def emit(
        self,
        kind: str,
        *,
        phase: Phase,
        round: int | None = None,  # noqa: A002 - the field's name in every log
        seat: Seat | None = None,
        **data: Any,
    ) -> None:
        """Record one event.

        Raises:
            StorageError: the disk refused.
            ValueError: there is no such kind of event, or the episode has ended.
        """
        if kind not in KINDS:
            kinds = ", ".join(sorted(KINDS))
            raise ValueError(f"unknown event kind {kind!r}; known: {kinds}")
        event = Event(
            episode=self.index,
            kind=cast("Kind", kind),
            phase=phase,
            round=round,
            seat=seat,
            time=self._clock(),
            data=data,
        )
        self._log.add(event)

    def keep_traceback(self, error: BaseException) -> None:
        """Keep the traceback of what broke this episode.

        Raises:
            StorageError: the disk refused.
        """
        self._log.keep_traceback(self.index, error)

    def finish(self, episode: Episode) -> None:
        """Record the end of the episode.

        Raises:
            StorageError: the disk refused.
            ValueError: the record is of another episode, or the episode has ended before.
        """
        if episode.index != self.index:
            raise ValueError(
                f"recorder of episode {self.index} was given episode {episode.index}"
            )
        self._log.end(episode)
