"""Events as they are read back from a run folder, and where those of two runs differ."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.errors import RunFolderError
from shapley_coop.runs.store.files import lines

# Left out where two runs are compared: no run takes exactly as long as another.
TIME_FIELDS = ("time", "seconds")


def read_events(path: Path, episode: int | None) -> Iterator[dict[str, Any]]:
    """Yield the events of one episode, or of the whole run for None. A torn last line is left out.

    Raises:
        RunFolderError: a line is no event.
    """
    for line in lines(path):
        event = parse(path, line.number, line.text)
        if episode is None:
            yield event
            continue
        # Events stand in the order of episodes, so the rest of the file need not be read.
        if event["episode"] > episode:
            return
        if event["episode"] == episode:
            yield event


def parse(path: Path, number: int, text: bytes) -> dict[str, Any]:
    """Return one line as an event.

    Raises:
        RunFolderError: it is none.
    """
    # A file that a stranger sent may hold anything, even JSON nested without end.
    try:
        event = json.loads(text)
        is_event = isinstance(event["episode"], int) and isinstance(event["data"], dict)
    except (ValueError, TypeError, KeyError, RecursionError):
        is_event = False
    if not is_event:
        raise RunFolderError(
            f"line {number} of {str(path)!r} is no event: {text[:80]!r}; restore the file from "
            "a copy, or delete it and everything after it is played again on resume"
        )
    return dict(event)


def strip_time(line: bytes | str) -> bytes:
    """Return a line of `events.jsonl` without its time fields, at the top and directly in data."""
    event = json.loads(line)
    for part in (event, event.get("data")):
        if isinstance(part, dict):
            for name in TIME_FIELDS:
                part.pop(name, None)
    return json.dumps(event, separators=(",", ":")).encode()


class Difference(NamedTuple):
    """The first place where two event files differ. A line is None if its file has ended before."""

    number: int
    """The number of the line, from 1."""
    left: bytes | None
    """The line of the first file, without its times."""
    right: bytes | None
    """The line of the other file, without its times."""


def first_difference(
    path: Path,
    other: Path,
    *,
    most: int | None = None,
    kinds: Collection[str] | None = None,
) -> Difference | None:
    """Return where two event files first differ, or None if nowhere.

    Times are left out, and numbers of events, which their order says too. So is how the reason of
    an error is worded.

    Args:
        path: the first file.
        other: the other file.
        most: how many events of the first file count. None means all.
        kinds: the kinds of event that the first file could hold when it was written. Events of
            the other file that are of other kinds do not count, unless the first file holds such
            events all the same. None means all kinds.
    """
    texts = [line.text for line in islice(lines(path), most)]
    if kinds is not None:
        kinds = {*kinds, *(json.loads(text).get("kind") for text in texts)}
    others = [line.text for line in lines(other)]
    if kinds is not None:
        others = [text for text in others if json.loads(text).get("kind") in kinds]
    for number, (text, other_text) in enumerate(zip_longest(texts, others), start=1):
        if _comparable(text) != _comparable(other_text):
            left = None if text is None else strip_time(text)
            right = None if other_text is None else strip_time(other_text)
            return Difference(number, left, right)
    return None


def _comparable(line: bytes | None) -> dict[str, Any] | None:
    """Return an event without what two equal plays may say differently."""
    if line is None:
        return None
    event: dict[str, Any] = json.loads(strip_time(line))
    event.pop("seq", None)
    # A fault may be told better by a later version.
    if event.get("kind") == "error":
        event["data"].pop("reason", None)
    return event
