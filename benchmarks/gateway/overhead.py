"""What the gateway adds to a call: over a server without latency, and over no server at all."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import openai

from benchmarks.gateway.server import Question, Server, completion, http
from shapley_coop.config.sections import ModelSettings
from shapley_coop.interfaces.model import Message
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.memory.cassette import Cassette

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
BAR_MS = 2.0


def measure(calls: int = 300) -> str:
    """Return the row: medians over calls, one after the other, the clients taking turns."""
    body = http(completion('{"a":1}', (9, 3)))

    async def answer(_: Question) -> bytes:
        return body

    server = Server(answer)
    try:
        return asyncio.run(_measured(server.url, calls))
    finally:
        server.stop()


async def _measured(url: str, calls: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        gate = Gateway(
            ModelSettings(name=f"{url}#m"), Cassette(Path(folder) / "calls.jsonl")
        )
        inside = Gateway(
            ModelSettings(name="scripted"), Cassette(Path(folder) / "inside.jsonl")
        )
        client = openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0)
        ways: dict[str, Callable[[int], Awaitable[object]]] = {
            "gateway": _asking(gate),
            "plain": lambda number: _plain(client, number),
            "inside": _asking(inside),
        }
        times: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(calls):
            for name, way in ways.items():
                began = time.perf_counter()
                await way(number)
                times[name].append(1000 * (time.perf_counter() - began))
        await gate.close()
        await inside.close()
        await client.close()
    middle = {name: statistics.median(values[20:]) for name, values in times.items()}
    added = statistics.median(
        one - other
        for one, other in zip(times["gateway"][20:], times["plain"][20:], strict=True)
    )
    verdict = "met" if max(added, middle["inside"]) < BAR_MS else "MISSED"
    return (
        f"overhead: gateway {middle['gateway']:.2f} ms a call, plain openai client "
        f"{middle['plain']:.2f} ms, so the gateway adds {added:.2f} ms; over a model in process "
        f"{middle['inside']:.2f} ms (medians of {calls - 20}; bar {BAR_MS:g} ms: {verdict})"
    )


def _asking(gate: Gateway) -> Callable[[int], Awaitable[object]]:
    asker = gate.seat("", seat="player_0", episode=0, seed=1)

    async def ask(number: int) -> object:
        said = [Message(role="user", content=f"Question {number}? " + "words " * 200)]
        return await asker.complete(said, SCHEMA, purpose="act")

    return ask


async def _plain(client: openai.AsyncOpenAI, number: int) -> object:
    content = f"Question {number}? " + "words " * 200
    return await client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": content}],
        max_tokens=320,
        temperature=0.7,
        top_p=0.95,
        seed=number,
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "answer", "schema": SCHEMA},
        },
    )
