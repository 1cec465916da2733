"""A run that is killed again and again, and the same command each time."""

from __future__ import annotations

import json
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.main.bars import Bar, Settings
from benchmarks.main.endpoint import Endpoint, name_in_cassette
from benchmarks.main.plays import environment, program
from shapley_coop.runs.store import RunFolder, first_difference


class Cut:
    """What the cuts of one run did."""

    def __init__(self) -> None:
        self.kills = 0
        self.exit: int | None = None
        self.said = ""
        self.recorded: set[str] = set()
        """Requests whose answers were on disk at some kill."""
        self.again = 0
        """Requests made after their answers were on disk."""
        self.unrecorded = 0
        """Answers that were sent before a kill and not yet on disk at it."""
        self.lost_episodes = 0
        """Episodes that were recorded at a kill and gone or changed at the next."""


def bars(settings: Settings) -> Iterator[Bar]:
    """Play once in peace to learn the number of calls, then with kills all over the run."""
    episodes, kills = settings.pick(20, 4), settings.pick(20, 3)
    endpoint = Endpoint()
    try:
        peaceful = settings.folder / "peaceful"
        whole = _cut(endpoint, peaceful, episodes, 0, 0, np.random.default_rng(1))
        calls = endpoint.answered
        endpoint.log.clear()
        folder = settings.folder / "cut"
        cut = _cut(endpoint, folder, episodes, kills, calls, np.random.default_rng(2))
        answers = Counter(asked.name for asked in endpoint.log if asked.answered)
    finally:
        endpoint.stop()
    for run in (whole, cut):
        if run.exit != 0:
            raise RuntimeError(
                f"the last command ended with {run.exit}: {run.said[-300:]}"
            )
    runs = list(folder.iterdir())
    played = [episode.index for episode in RunFolder.open(runs[0]).episodes()]
    doubled = [name for name, number in Counter(_calls(runs[0])).items() if number > 1]
    yield Bar(
        f"SIGKILL at {cut.kills} random moments of {episodes} episodes, the same command again",
        f"{episodes} episodes, none twice, none lost",
        f"{len(runs)} run folder, {len(played)} episodes, {len(played) - len(set(played))} twice, "
        f"{episodes - len(set(played))} lost, {cut.lost_episodes} recorded ones changed",
        passed=len(runs) == 1
        and played == list(range(episodes))
        and cut.lost_episodes == 0
        and cut.kills == kills,
        data={"kills": cut.kills, "episodes": played},
    )
    repeated = sum(number - 1 for number in answers.values())
    yield Bar(
        "the same, model calls",
        "no answered call asked again",
        f"{cut.again} recorded answers asked again, {len(doubled)} recorded twice; "
        f"{len(answers)} different requests, {sum(answers.values())} answers sent, {repeated} of "
        f"them again since the process that asked was dead: {cut.unrecorded} were sent in the "
        f"last moment before its kill, the others after",
        passed=cut.again == 0 and not doubled and set(answers) == set(_calls(runs[0])),
        data={
            "again": cut.again,
            "distinct": len(answers),
            "sent": sum(answers.values()),
        },
    )
    [reference] = peaceful.iterdir()
    difference = first_difference(reference / "events.jsonl", runs[0] / "events.jsonl")
    yield Bar(
        "the same, events against an uncut run",
        "identical apart from time",
        "identical" if difference is None else f"event {difference.number} differs",
        passed=difference is None,
    )


def _cut(
    endpoint: Endpoint,
    folder: Path,
    episodes: int,
    kills: int,
    calls: int,
    rng: np.random.Generator,
) -> Cut:
    """Start the command until it ends by itself. The first `kills` times, kill it on its way.

    A kill comes after a random number of answers, spread so that all kills fall into nine tenths
    of the run, plus a random part of an answer's time.
    """
    cut = Cut()
    known: list[bytes] = []
    while True:
        before = len(endpoint.log)
        process = subprocess.Popen(
            [*program(), *_command(endpoint, folder, episodes)],
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if cut.kills < kills:
            most = max(1, round(2 * 0.9 * calls / kills))
            _wait(endpoint, process, before + int(rng.integers(0, most)))
            time.sleep(float(rng.uniform(0, 0.03)))
        else:
            process.wait()
        ended = process.poll()
        at_kill = len(endpoint.log)
        process.kill()
        _, cut.said = process.communicate()
        cut.again += sum(asked.name in cut.recorded for asked in endpoint.log[before:])
        if ended is not None:
            cut.exit = ended
            return cut
        cut.kills += 1
        cut.recorded |= set(_calls_under(folder))
        sent = {asked.name for asked in endpoint.log[before:at_kill] if asked.answered}
        cut.unrecorded += len(sent - cut.recorded)
        found = _episodes_under(folder)
        cut.lost_episodes += found[: len(known)] != known
        known = found


def _command(endpoint: Endpoint, folder: Path, episodes: int) -> list[str]:
    model = f"{endpoint.url}#fake"
    arguments = ["play", "escape-room", "--model", model, "--episodes", str(episodes)]
    return [
        *arguments,
        "--protocol",
        "shapley-coop",
        "--runs-dir",
        str(folder),
        "--json",
    ]


def _wait(endpoint: Endpoint, process: subprocess.Popen[str], answers: int) -> None:
    """Wait until so many answers were sent in all, or the process has ended."""
    while len(endpoint.log) <= answers and process.poll() is None:
        time.sleep(0.001)


def _calls_under(folder: Path) -> Iterator[str]:
    for path in folder.glob("*/calls.jsonl"):
        yield from _calls(path.parent)


def _calls(run: Path) -> list[str]:
    """Return the names of the whole calls that a run has recorded. A torn last line is none."""
    lines = (run / "calls.jsonl").read_bytes().split(b"\n")[:-1]
    parts: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return [name_in_cassette(part) for part in parts if part["kind"] == "call"]


def _episodes_under(folder: Path) -> list[bytes]:
    """Return the whole lines of the episodes recorded so far."""
    found: list[bytes] = []
    for path in sorted(folder.glob("*/episodes.jsonl")):
        found += path.read_bytes().split(b"\n")[:-1]
    return found
