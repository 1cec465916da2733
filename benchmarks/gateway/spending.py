"""Money: a cost limit at concurrency 32, and SIGKILL at random moments of paid calls."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

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
from shapley_coop.errors import LimitReached
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.simulation.run import run

INPUT = 1.0
OUTPUT = 2.0
"""US dollars a million tokens of prompts and answers."""
PAUSE = 0.05
"""Seconds that the server of killed runs takes to answer."""
LIMITS = (0.01, 0.05, 0.2)
EPISODES_AT_ONCE = 32


def _server(pause: float) -> Server:
    async def answer(question: Question) -> bytes:
        await asyncio.sleep(pause)
        text = answer_text(question.body)
        tokens = usage(question.body, text)
        server.billed[question.key] = tokens
        return http(completion(text, tokens))

    server = Server(answer)
    return server


def _bill(server: Server) -> float:
    """Return what the server would bill, in US dollars."""
    prompts = sum(prompt for prompt, _ in server.billed.values())
    answers = sum(answer for _, answer in server.billed.values())
    return (prompts * INPUT + answers * OUTPUT) / 1e6


def _tables(url: str, **sections: Any) -> dict[str, Any]:
    price = {"input": INPUT, "output": OUTPUT}
    model = {"name": f"{url}#m", "prices": {"m": price}}
    return {"game": {"id": "escape-room"}, "model": model, **sections}


def limit() -> str:
    """Return the row: the server's own count under each limit, with 32 episodes at once."""
    parts = []
    kept = True
    for dollars in LIMITS:
        server = _server(0.01)
        # So many episodes cost more than any of the limits.
        tables = _tables(
            server.url,
            run={"episodes": 2000, "concurrency": EPISODES_AT_ONCE},
            limits={"cost": dollars},
        )
        kept &= _meets_its_limit(tables)
        bill = _bill(server)
        server.stop()
        kept &= bill <= dollars
        calls = len(server.billed)
        parts.append(f"${dollars:g}: server counted ${bill:.6f} over {calls:,} calls")
    verdict = "met" if kept else "MISSED"
    rows = "; ".join(parts)
    return f"max-cost ({verdict}), concurrency {EPISODES_AT_ONCE}: {rows}"


def _meets_its_limit(tables: dict[str, Any]) -> bool:
    """Play, and return whether a limit ended the run."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(run(resolve(tables), Path(folder)))
        except LimitReached:
            return True
    return False


def kills(times: int = 50, seed: int = 3) -> str:
    """Return the row: a run killed again and again, resumed, and compared with the server."""
    server = _server(PAUSE)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        count = 0
        while count < times:
            seconds = float(rng.uniform(0.02, 0.6))
            if _play_in_process(server, Path(folder), seconds):
                break
            count += 1
        _play_in_process(server, Path(folder), None)
        (manifest,) = Path(folder).glob("*/run.json")
        return _comparison(server, manifest.parent, count)


def _play_in_process(server: Server, folder: Path, seconds: float | None) -> bool:
    """Play on in a process of its own, and return whether it ended by itself.

    It is killed this long after its first request. None lets it end.
    """
    before = server.questions
    call = f"play({server.url!r}, {str(folder)!r})"
    code = f"from benchmarks.gateway.spending import play; {call}"
    process = subprocess.Popen([sys.executable, "-c", code])
    if seconds is not None:
        while server.questions == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(seconds)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
    return process.wait() == 0


def play(url: str, folder: str) -> None:
    """Play the run that is killed. The same call continues it."""
    tables = _tables(url, run={"episodes": 150, "concurrency": 4})
    asyncio.run(run(resolve(tables), Path(folder)))


def _comparison(server: Server, path: Path, kill_count: int) -> str:
    calls = path / "calls.jsonl"
    lines = [json.loads(line) for line in calls.read_bytes().splitlines()]
    keys = [line["key"] for line in lines if line["kind"] == "call"]
    ours = Cassette(calls, writable=False).spending()
    bill = _bill(server)
    twice = len(keys) - len(set(keys))
    # A request that was under way at a kill is sent again under the same key.
    again = sum(times - 1 for times in server.by_key.values())
    same = abs(ours.cost - bill) < 1e-12 * len(keys) + 1e-12
    good = twice == 0 and same and kill_count > 0
    verdict = "met" if good else "MISSED"
    return (
        f"kills ({verdict}): {kill_count} SIGKILLs, {len(keys):,} answers recorded, "
        f"{twice} of them asked again; {again} requests were under way at a kill and repeated "
        f"with their idempotency key; our total ${ours.cost:.6f}, the server's ${bill:.6f}, "
        "which bills a key once; a server that does not would bill at most "
        f"${ours.uncertain:.6f} more, which we count against the limit"
    )
