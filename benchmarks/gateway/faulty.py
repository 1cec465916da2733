"""1,000 episodes against a server of which 30 % of answers are faults of thirteen kinds."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections import Counter
from email.utils import formatdate
from pathlib import Path

import numpy as np

from benchmarks.gateway.server import (
    Question,
    Server,
    answer_text,
    completion,
    http,
    usage,
)
from shapley_coop.config.resolve import resolve
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.runs.store import RunFolder
from shapley_coop.simulation.run import run

RATE = 0.3
KINDS = (
    "429", "429 with seconds", "429 with a date", "500", "503", "hang", "reset", "slow drip",
    "truncated JSON", "HTML", "wrong schema", "several objects", "empty", "10 MB",
    "invalid UTF-8", "wrong length",
)  # fmt: skip
TIMEOUT = 2.0
INPUT = 1.0
OUTPUT = 2.0
"""US dollars a million tokens of prompts and answers."""


class Faulty:
    """Answers by the schema, or with a fault. It bills an answer that it sent whole once by key."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.kinds: Counter[str] = Counter()
        self.server = Server(self.answer)

    async def answer(self, question: Question) -> bytes | None:
        """Return the bytes of an answer. None hangs up."""
        text = answer_text(question.body)
        tokens = usage(question.body, text)
        if self._rng.random() >= RATE:
            self.server.billed[question.key] = tokens
            return http(completion(text, tokens))
        kind = str(self._rng.choice(KINDS))
        self.kinds[kind] += 1
        if kind in ("hang", "slow drip"):
            await asyncio.sleep(TIMEOUT + 1)
            return None
        # What is no answer to the question was sent whole, and is billed like one that is.
        useless = {
            "wrong schema": '{"x":1}',
            "several objects": text + text,
            "empty": "",
        }
        if kind in useless:
            self.server.billed[question.key] = tokens
            return http(completion(useless[kind], tokens))
        return _fault(kind, completion(text, tokens))


def _fault(kind: str, good: bytes) -> bytes | None:
    closing = "Connection: close\r\n"
    # Ten megabytes are made only where they are sent.
    if kind == "10 MB":
        return http(b'{"x": "' + b"y" * 10_000_000 + b'"}', headers=closing)
    busy = b'{"error": {"message": "slow down"}}'
    rate = "429 Too Many Requests"
    date = formatdate(time.time() + 1, usegmt=True)
    faults = {
        "429": http(busy, rate),
        "429 with seconds": http(busy, rate, "Retry-After: 0.2\r\n"),
        "429 with a date": http(busy, rate, f"Retry-After: {date}\r\n"),
        "500": http(b"oops", "500 Server Error"),
        "503": http(b"oops", "503 Server Error"),
        "truncated JSON": http(good[: len(good) // 2]),
        "HTML": http(b"<html><body>gateway</body></html>"),
        "invalid UTF-8": http(b"\xff\xfe" + good),
        # The client waits for bytes that never come.
        "wrong length": http(good, length=len(good) + 50, headers=closing),
    }
    return faults.get(kind)


def measure(episodes: int = 1000, seed: int = 1) -> str:
    """Return the row: how the episodes ended, and what both sides counted."""
    faulty = Faulty(seed)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _play(faulty, episodes, Path(folder))
    finally:
        faulty.server.stop()


def _play(faulty: Faulty, episodes: int, folder: Path) -> str:
    tables = {
        "game": {"id": "escape-room"},
        "protocol": "talk",
        "model": {
            "name": f"{faulty.server.url}#m",
            "timeout": TIMEOUT,
            "prices": {"m": {"input": INPUT, "output": OUTPUT}},
            "output": "schema",
        },
        "run": {"episodes": episodes, "concurrency": 64},
    }
    began = time.perf_counter()
    folder_of_run = asyncio.run(run(resolve(tables), folder))
    seconds = time.perf_counter() - began
    return _row(faulty, episodes, folder_of_run, seconds)


def _row(faulty: Faulty, episodes: int, played: RunFolder, seconds: float) -> str:
    results = list(played.episodes())
    statuses = Counter(episode.status for episode in results)
    indices = [episode.index for episode in results]
    each_once = indices == list(range(episodes))
    lines = [json.loads(line) for line in played.calls.read_text().splitlines()]
    sends = sum(line["kind"] == "sent" for line in lines)
    # Call by call, what we recorded is what the server billed.
    usages = {
        line["key"]: line["reply"]["usage"] for line in lines if line["kind"] == "call"
    }
    tokens = {
        name: (counts["prompt"], counts["completion"])
        for name, counts in usages.items()
    }
    billed = faulty.server.billed
    same = tokens == billed
    bill = sum(INPUT * prompt + OUTPUT * answer for prompt, answer in billed.values())
    ours = Cassette(played.calls, writable=False).spending()
    forfeits = sum(sum(episode.forfeits.values()) for episode in results)
    decisions = sum(episode.decisions for episode in results)
    whole = each_once and statuses == {"done": episodes}
    good = whole and same and sends == faulty.server.questions
    verdict = "met" if good else "MISSED"
    return (
        f"faults ({verdict}): {len(results):,} episodes, {dict(statuses)}, none lost and none "
        f"twice: {each_once}; {faulty.server.questions:,} requests at the server, "
        f"{sends:,} sent by our count; {sum(faulty.kinds.values()):,} faults of "
        f"{len(faulty.kinds)} kinds; {forfeits:,} of {decisions:,} decisions forfeited; cost "
        f"${ours.cost:.6f} against the server's ${bill / 1e6:.6f}, call by call the same: {same}; "
        f"uncertain at most ${ours.uncertain:.6f}; {seconds:.0f} s"
    )
