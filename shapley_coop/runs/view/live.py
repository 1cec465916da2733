"""Following a run that is still being played: new events as lines, as soon as they are written."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

from shapley_coop.errors import RunFolderError
from shapley_coop.records.words import clean
from shapley_coop.runs.report.html.talk import MOST_SAID, line_kind
from shapley_coop.runs.report.transcript.lines import TalkLine, Teller
from shapley_coop.runs.store.manifest import read_manifest

PAUSE = 0.25
"""Seconds between two looks at a file."""
MOST_LINE = 4_000_000
"""Bytes of one event that is followed. A longer one is left out."""


async def follow(folder: Path) -> AsyncIterator[str]:
    """Yield server-sent events: a `line` for everything told, and `end` when the run has ended."""
    tellers: dict[int, Teller] = {}
    events = folder / "events.jsonl"
    position = 0
    while True:
        # The status is read before the file, so that the last events are never missed.
        status = _status(folder)
        position, found = _new_events(events, position)
        for event in found:
            index = event["episode"]
            teller = tellers.setdefault(index, Teller(live=True))
            for line in teller.hear(event):
                yield _message("line", _line_data(index, line))
        if status != "started":
            for index, teller in tellers.items():
                for line in teller.end():
                    yield _message("line", _line_data(index, line))
            yield _message("end", {"status": status})
            return
        await asyncio.sleep(PAUSE)


def _status(folder: Path) -> str:
    try:
        return read_manifest(folder / "run.json").status
    except (OSError, RunFolderError):
        return "unreadable"


def _new_events(path: Path, position: int) -> tuple[int, list[Mapping[str, Any]]]:
    """Return the whole lines after a position that are events, and where they end."""
    try:
        with path.open("rb") as file:
            file.seek(position)
            content = file.read(MOST_LINE)
    except OSError:
        return position, []
    # A line that is being written has no end yet, and is read when it is whole.
    end = content.rfind(b"\n") + 1
    if not end and len(content) == MOST_LINE:
        return position + MOST_LINE, []
    found: list[Mapping[str, Any]] = []
    for line in content[:end].splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        is_event = isinstance(event, dict) and isinstance(event.get("data"), dict)
        if is_event and isinstance(event.get("episode"), int):
            found.append(event)
    return position + end, found


def _line_data(index: int, line: TalkLine) -> dict[str, Any]:
    return {
        "episode": index,
        "seat": clean(line.seat, 60),
        "does": clean(line.does, 400),
        "says": clean(line.says, MOST_SAID),
        "terms": [clean(term, MOST_SAID) for term in line.terms],
        "kind": line_kind(line),
    }


def _message(kind: str, data: Mapping[str, Any]) -> str:
    # JSON has no line breaks, so nothing that somebody said can begin another message.
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n"
