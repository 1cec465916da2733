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

from benchmarks.gateway.server import Asked, Server, completion, http, said, usage
from shapley_coop.config.resolve import resolve
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.simulation.run import run

RATE = 0.3
KINDS = (
    "429", "429 with seconds", "429 with a date", "500", "503", "hang", "reset", "slow drip",
    "truncated JSON", "HTML", "wrong schema", "several objects", "empty", "10 MB",
    "invalid UTF-8", "wrong length",
)  # fmt: skip
TIMEOUT = 2.0


class Faulty:
    """Answers by the schema, or with a fault; bills an answer that it sent whole, once by key."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self.kinds: Counter[str] = Counter()
        self.server = Server(self.answer)

    async def answer(self, asked: Asked) -> bytes | None:
        """Return the bytes of an answer; None hangs up."""
        text = said(asked.body)
        used = usage(asked.body, text)
        if self._rng.random() >= RATE:
            self.server.billed[asked.key] = used
            return http(completion(text, used))
        kind = str(self._rng.choice(KINDS))
        self.kinds[kind] += 1
        if kind in ("hang", "slow drip"):
            await asyncio.sleep(TIMEOUT + 1)
            return None
        if kind in ("wrong schema", "several objects", "empty"):
            odd = {
                "wrong schema": '{"x":1}',
                "several objects": text + text,
                "empty": "",
            }[kind]
            self.server.billed[asked.key] = used
            return http(completion(odd, used))
        return _fault(kind, completion(text, used))


def _fault(kind: str, good: bytes) -> bytes | None:
    busy, refused = b'{"error": {"message": "slow down"}}', "429 Too Many Requests"
    later = f"Retry-After: {formatdate(time.time() + 1, usegmt=True)}\r\n"
    closing = "Connection: close\r\n"
    return {
        "429": http(busy, refused),
        "429 with seconds": http(busy, refused, "Retry-After: 0.2\r\n"),
        "429 with a date": http(busy, refused, later),
        "500": http(b"oops", "500 Server Error"),
        "503": http(b"oops", "503 Server Error"),
        "truncated JSON": http(good[: len(good) // 2]),
        "HTML": http(b"<html><body>gateway</body></html>"),
        "10 MB": http(
            b'{"x": "' + b"y" * (10_000_000 * (kind == "10 MB")) + b'"}',
            headers=closing,
        ),
        "invalid UTF-8": http(b"\xff\xfe" + good),
        "wrong length": http(good, length=len(good) + 50, headers=closing),
    }.get(kind)


def measure(episodes: int = 1000, seed: int = 1) -> str:
    """Return the row: how the episodes ended, and what both sides counted."""
    faulty = Faulty(seed)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return _measured(faulty, episodes, Path(folder))
    finally:
        faulty.server.stop()


def _measured(faulty: Faulty, episodes: int, folder: Path) -> str:
    price = {"input": 1.0, "output": 2.0}
    model = {
        "name": f"{faulty.server.url}#m",
        "timeout": TIMEOUT,
        "prices": {"m": price},
        "output": "schema",
    }
    setup = {"episodes": episodes, "concurrency": 64}
    rules = {
        "game": {"id": "escape-room"},
        "protocol": "talk",
        "model": model,
        "run": setup,
    }
    began = time.perf_counter()
    done = asyncio.run(run(resolve(rules), folder))
    seconds = time.perf_counter() - began
    played = list(done.episodes())
    ended = Counter(episode.status for episode in played)
    indices = [episode.index for episode in played]
    calls = [json.loads(line) for line in done.calls.read_text().splitlines()]
    answered = {
        line["key"]: (
            line["reply"]["usage"]["prompt"],
            line["reply"]["usage"]["completion"],
        )
        for line in calls
        if line["kind"] == "call"
    }
    spent = Cassette(done.calls, writable=False).spending()
    billed = (
        sum(prompt + 2 * out for prompt, out in faulty.server.billed.values()) / 1e6
    )
    same = answered == faulty.server.billed
    whole = indices == list(range(episodes)) and ended == {"done": episodes}
    ours = sum(1 for line in calls if line["kind"] == "sent")
    forfeits = sum(sum(episode.forfeits.values()) for episode in played)
    decisions = sum(episode.decisions for episode in played)
    verdict = "met" if whole and same and ours == faulty.server.asked else "MISSED"
    return (
        f"faults ({verdict}): {len(played):,} episodes, {dict(ended)}, none lost and none twice: "
        f"{indices == list(range(episodes))}; {faulty.server.asked:,} requests at the server, "
        f"{ours:,} sent by our count; {sum(faulty.kinds.values()):,} faults of "
        f"{len(faulty.kinds)} kinds; {forfeits:,} of {decisions:,} decisions forfeited; cost "
        f"${spent.cost:.6f} against the server's ${billed:.6f}, call by call the same: {same}; "
        f"uncertain at most ${spent.uncertain:.6f}; {seconds:.0f} s"
    )
