"""The two growing files of a run: episodes reach them whole and in order, wherever played."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import NamedTuple

from shapley_coop.errors import StorageError
from shapley_coop.llm.secrets import mask_within, masker
from shapley_coop.records import Episode
from shapley_coop.runs.store.events import Event, line_at, masked_text
from shapley_coop.runs.store.files import Appender
from shapley_coop.runs.store.tracebacks import add_traceback, traceback_text

SYNC_SECONDS = 0.2
"""Least time between two moments at which the files are forced to the device."""


class Parcel(NamedTuple):
    """An episode that was played elsewhere, as its lines in the files of the run."""

    episode: int
    """The number of the episode."""
    events: tuple[str, ...]
    """The texts of its events, in order."""
    record: str
    """The text of its record."""
    traceback: str = ""
    """What broke it, if something did."""


def record_text(episode: Episode, events: int, mask: Callable[[str], str]) -> str:
    """Return the text of an episode's record without any key that somebody said.

    Args:
        episode: the record.
        events: how many events it has.
        mask: hides keys in a text.
    """
    text = episode.model_copy(update={"events": events}).model_dump_json()
    if mask(text) == text:
        return text
    masked = mask_within(json.loads(text), mask)
    # What hides keys must leave a record that can be read again.
    return Episode.model_validate(masked).model_dump_json()


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
        self._waiting: dict[int, list[str]] = {}
        self._ended: dict[int, str] = {}
        self._counts: dict[int, int] = {}
        self._listen = listen
        self._failure: StorageError | None = None
        self._synced = -SYNC_SECONDS
        self._mask = masker()
        self._events = Appender(folder / "events.jsonl")
        self._episodes = Appender(folder / "episodes.jsonl")

    def add(self, event: Event) -> None:
        """Write or hold one event, without any key that somebody said."""
        text = masked_text(event, self._mask)
        self._add_text(event.episode, text)
        if self._listen is not None:
            # Whoever listens shows the event, so a key in it must be gone there too.
            is_masked = text != event.text()
            self._listen(Event(**json.loads(text)) if is_masked else event)

    def keep_traceback(self, index: int, error: BaseException) -> None:
        """Write the traceback of what broke an episode at once: its order does not matter."""
        add_traceback(self._folder, traceback_text(f"episode {index}", error))

    def end(self, episode: Episode) -> None:
        """Write or hold the end of one episode, and whatever waited for it."""
        count = self._counts.get(episode.index, 0)
        self._end_text(episode.index, record_text(episode, count, self._mask))

    def take(self, parcel: Parcel) -> None:
        """Write or hold an episode that was played elsewhere.

        Raises:
            StorageError: the disk refused.
            ValueError: the episode has ended before.
        """
        for text in parcel.events:
            self._add_text(parcel.episode, text)
            if self._listen is not None:
                self._listen(Event(**json.loads(text)))
        if parcel.traceback:
            add_traceback(self._folder, parcel.traceback)
        self._end_text(parcel.episode, parcel.record)

    def _add_text(self, index: int, text: str) -> None:
        self._require_open(index)
        self._counts[index] = self._counts.get(index, 0) + 1
        # Later episodes wait in memory, so that the file is in their order.
        if index == self.next:
            self._write([text])
        else:
            self._waiting.setdefault(index, []).append(text)

    def _end_text(self, index: int, text: str) -> None:
        self._require_open(index)
        self._counts.pop(index, None)
        self._ended[index] = text
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

    def _write(self, texts: list[str]) -> None:
        if not texts:
            return
        lines = [line_at(self._seq + i, text) for i, text in enumerate(texts)]
        try:
            self._events.append(b"".join(lines))
        except StorageError as error:
            self._failure = error
            raise
        self._seq += len(texts)

    def _store(self, text: str) -> None:
        try:
            self._episodes.append(text.encode() + b"\n")
            if monotonic() - self._synced >= SYNC_SECONDS:
                self.sync()
        except StorageError as error:
            self._failure = error
            raise
