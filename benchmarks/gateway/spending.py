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

import numpy as np

from benchmarks.gateway.server import Asked, Server, completion, http, said, usage
from shapley_coop.config.resolve import resolve
from shapley_coop.errors import LimitReached
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.simulation.run import run

INPUT, OUTPUT = 1.0, 2.0
PAUSE = 0.05


def _server(pause: float) -> Server:
    async def answer(asked: Asked) -> bytes:
        await asyncio.sleep(pause)
        text = said(asked.body)
        used = usage(asked.body, text)
        server.billed[asked.key] = used
        return http(completion(text, used))

    server = Server(answer)
    return server


def _cost(used: tuple[int, int]) -> float:
    return (used[0] * INPUT + used[1] * OUTPUT) / 1e6


def limit(limits: tuple[float, ...] = (0.01, 0.05, 0.2)) -> str:
    """Return the row: the server's own count under each limit, with 32 episodes at once."""
    parts, kept = [], True
    for most in limits:
        server = _server(0.01)
        price = {"input": INPUT, "output": OUTPUT}
        model = {"name": f"{server.url}#m", "prices": {"m": price}}
        tables = {
            "game": {"id": "escape-room"},
            "model": model,
            "run": {"episodes": 2000, "concurrency": 32},
            "limits": {"cost": most},
        }
        with tempfile.TemporaryDirectory() as folder:
            try:
                asyncio.run(run(resolve(tables), Path(folder)))
                kept = False  # so many episodes cost more than any of the limits
            except LimitReached:
                pass
        counted = sum(_cost(used) for used in server.billed.values())
        server.stop()
        kept &= counted <= most
        parts.append(
            f"${most:g}: server counted ${counted:.6f} over {len(server.billed):,} calls"
        )
    return f"max-cost ({'met' if kept else 'MISSED'}), concurrency 32: " + "; ".join(
        parts
    )


def kills(times: int = 50, seed: int = 3) -> str:
    """Return the row: a run killed again and again, resumed, and compared with the server."""
    server = _server(PAUSE)
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        killed = 0
        while killed < times:
            done = _session(server, Path(folder), float(rng.uniform(0.02, 0.6)))
            if done:
                break
            killed += 1
        _session(server, Path(folder), None)
        (path,) = (found.parent for found in Path(folder).glob("*/run.json"))
        return _compared(server, path, killed)


def _session(server: Server, folder: Path, seconds: float | None) -> bool:
    """Play on in a process of its own; kill it some time after its first request, or let it end."""
    before = server.asked
    code = f"from benchmarks.gateway.spending import play; play({server.url!r}, {str(folder)!r})"
    process = subprocess.Popen([sys.executable, "-c", code])
    if seconds is not None:
        while server.asked == before and process.poll() is None:
            time.sleep(0.005)
        time.sleep(seconds)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
    return process.wait() == 0


def play(url: str, folder: str) -> None:
    """Play the run that is killed; the same call continues it."""
    price = {"input": INPUT, "output": OUTPUT}
    tables = {
        "game": {"id": "escape-room"},
        "model": {"name": f"{url}#m", "prices": {"m": price}},
        "run": {"episodes": 150, "concurrency": 4},
    }
    asyncio.run(run(resolve(tables), Path(folder)))


def _compared(server: Server, path: Path, killed: int) -> str:
    lines = [
        json.loads(line) for line in (path / "calls.jsonl").read_bytes().splitlines()
    ]
    keys = [line["key"] for line in lines if line["kind"] == "call"]
    spent = Cassette(path / "calls.jsonl", writable=False).spending()
    counted = sum(_cost(used) for used in server.billed.values())
    twice = len(keys) - len(set(keys))
    again = sum(times - 1 for times in server.by_key.values())
    same = abs(spent.cost - counted) < 1e-12 * len(keys) + 1e-12
    verdict = "met" if twice == 0 and same and killed > 0 else "MISSED"
    return (
        f"kills ({verdict}): {killed} SIGKILLs, {len(keys):,} answers recorded, {twice} of them "
        f"asked again; {again} requests were under way at a kill and repeated with their "
        f"idempotency key; our total ${spent.cost:.6f}, the server's ${counted:.6f}, which bills a "
        f"key once; a server that does not would bill at most ${spent.uncertain:.6f} more, which "
        f"we count against the limit"
    )
