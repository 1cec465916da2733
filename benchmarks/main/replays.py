"""A run of the embedded model played again where the model does not exist."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.plays import command

TIMES = ("time", "seconds")


def bars(settings: Settings) -> Iterator[Bar]:
    """Play with the weights, replay with an empty cache, and compare the bytes here."""
    episodes = settings.pick(5, 1)
    runs, empty = settings.folder / "recorded", settings.folder / "empty-cache"
    empty.mkdir(exist_ok=True)
    arguments = [
        "play",
        "escape-room",
        "--model",
        "smollm2",
        "--protocol",
        "shapley-coop",
    ]
    arguments += [
        "--episodes",
        str(episodes),
        "--seed",
        "7",
        "--runs-dir",
        str(runs),
        "--json",
    ]
    played = command(arguments)
    replayed = command(
        ["replay", played["run"], "--json"], SHAPLEY_COOP_CACHE=str(empty)
    )
    left, right = (_without_time(Path(found["run"])) for found in (played, replayed))
    absent = not any(empty.rglob("*"))
    yield Bar(
        f"replay of an embedded-model run, {episodes} episodes, model file absent",
        "byte-identical events.jsonl apart from time fields",
        f"{len(left)} events, {'identical' if left == right else 'DIFFERENT'}; "
        f"{played['calls']} calls recorded; cache {'empty' if absent else 'NOT empty'} afterwards",
        passed=left == right and len(left) > 0 and played["calls"] > 0 and absent,
        data={
            "events": len(left),
            "calls": played["calls"],
            "said": replayed["identical"],
        },
    )


def _without_time(run: Path) -> list[bytes]:
    """Return the event lines with time fields, at the top and in data, cut out of the bytes."""
    found = []
    for line in (run / "events.jsonl").read_bytes().splitlines():
        event = json.loads(line)
        for part in (event, event["data"]):
            for name in TIMES:
                part.pop(name, None)
        found.append(json.dumps(event, ensure_ascii=False).encode())
    return found
