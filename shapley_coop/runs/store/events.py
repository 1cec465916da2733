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
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel

from shapley_coop.errors import StorageError
from shapley_coop.llm.secrets import mask_within, masker
from shapley_coop.records import Episode, Phase, Seat
from shapley_coop.runs.store.files import Appender
from shapley_coop.runs.store.tracebacks import keep_traceback

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
SYNC_SECONDS = 0.2
"""Least time between two moments at which the files are forced to the device."""


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
        fields = {
            "seq": seq,
            "time": round(self.time, 3),
            "episode": self.episode,
            "phase": self.phase,
            "round": self.round,
            "seat": self.seat,
            "kind": self.kind,
            "data": self.data,
        }
        text = json.dumps(fields, separators=(",", ":"), default=_plain)
        return text.encode() + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"an event's data holds JSON values and records, got {value!r}")


class EpisodeRecorder:
    """Takes the events of one episode, in order, then its record."""

    def __init__(self, index: int, log: EpisodeLog, clock: Callable[[], float]) -> None:
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


class EpisodeLog:
    """Writes episodes in order: the lowest unfinished one live, later ones when their turn comes.

    So the files depend on what happened in each episode and not on which episode was faster.
    Once the disk has refused, every later event meets the same error: nothing is skipped.
    Lines reach the system at once, so a killed process loses none. They are forced to the device
    when an episode ends, but not more often than `SYNC_SECONDS`: an episode that took longer than
    that survives a power cut too, and quick ones do not wait milliseconds each.
    """

    def __init__(
        self,
        folder: Path,
        *,
        first: int,
        seq: int,
        listen: Callable[[Event], None] | None = None,
    ) -> None:
        self.next = first
        """The lowest episode that is not on disk."""
        self._folder = folder
        self._seq = seq
        self._waiting: dict[int, list[Event]] = {}
        self._ended: dict[int, Episode] = {}
        self._listen = listen
        self._failure: StorageError | None = None
        self._counts: Counter[int] = Counter()
        self._synced = -SYNC_SECONDS
        self._mask = masker()
        self._events = Appender(folder / "events.jsonl")
        self._episodes = Appender(folder / "episodes.jsonl")

    def add(self, event: Event) -> None:
        """Write or hold one event, without any key that somebody said."""
        self._require_open(event.episode)
        event = self._without_keys(event)
        self._counts[event.episode] += 1
        # Later episodes wait in memory, so that the file is in their order.
        if event.episode == self.next:
            self._write([event])
        else:
            self._waiting.setdefault(event.episode, []).append(event)
        if self._listen is not None:
            self._listen(event)

    def _without_keys(self, event: Event) -> Event:
        text = json.dumps(event.data, default=_plain)
        # Nearly no event holds a key, and only those are taken apart.
        if self._mask(text) == text:
            return event
        return replace(event, data=mask_within(json.loads(text), self._mask))

    def keep_traceback(self, index: int, error: BaseException) -> None:
        """Write the traceback of what broke an episode at once: its order does not matter."""
        keep_traceback(self._folder, f"episode {index}", error)

    def end(self, episode: Episode) -> None:
        """Write or hold the end of one episode, and whatever waited for it."""
        self._require_open(episode.index)
        count = self._counts.pop(episode.index, 0)
        text = episode.model_dump_json()
        if self._mask(text) != text:
            masked = mask_within(json.loads(text), self._mask)
            episode = Episode.model_validate(masked)
        self._ended[episode.index] = episode.model_copy(update={"events": count})
        # The end of one episode may let several go that have waited for it.
        while self.next in self._ended:
            self._store(self._ended.pop(self.next))
            self.next += 1
            self._write(self._waiting.pop(self.next, []))

    def sync(self) -> None:
        """Force everything written to the device.

        Raises:
            StorageError: the disk refused.
        """
        self._events.sync()
        self._episodes.sync()
        self._synced = monotonic()

    def close(self) -> None:
        """Release the files. Episodes that are still held are played again on resume."""
        self._events.close()
        self._episodes.close()

    def _require_open(self, index: int) -> None:
        # Events after one that was lost would make a record that never happened.
        if self._failure is not None:
            raise self._failure
        if index < self.next or index in self._ended:
            raise ValueError(
                f"episode {index} has ended; the lowest open one is {self.next}"
            )

    def _write(self, events: list[Event]) -> None:
        if not events:
            return
        texts = [event.line(self._seq + i) for i, event in enumerate(events)]
        try:
            self._events.append(b"".join(texts))
        except StorageError as error:
            self._failure = error
            raise
        self._seq += len(events)

    def _store(self, episode: Episode) -> None:
        line = episode.model_dump_json().encode() + b"\n"
        try:
            self._episodes.append(line)
            if monotonic() - self._synced >= SYNC_SECONDS:
                self.sync()
        except StorageError as error:
            self._failure = error
            raise
