"""An OpenAI-compatible server on loopback that answers by schema and counts what it is asked."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import Any, NamedTuple

import numpy as np

from benchmarks.gateway.loopback import Loopback
from shapley_coop.interfaces.model import canonical
from shapley_coop.llm.backends.scripted import draw_instance

LATENCY = 0.02
"""Seconds that an answer takes."""


class Asked(NamedTuple):
    """One request: what identifies it, and whether its whole answer was sent."""

    name: str
    answered: bool


class Endpoint(Loopback):
    """Answers are a function of the request alone, as those of a seeded model are."""

    def __init__(self) -> None:
        self.log: list[Asked] = []
        super().__init__()

    @property
    def answered(self) -> int:
        """How many answers were sent."""
        return sum(asked.answered for asked in self.log)

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer all requests of one connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = json.loads(await reader.readexactly(_length(head)))
                await asyncio.sleep(LATENCY)
                sent = False
                try:
                    writer.write(_http(completion(body)))
                    await writer.drain()
                    sent = True
                finally:
                    self.log.append(
                        Asked(name_of(body["seed"], body["messages"]), sent)
                    )
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def name_of(seed: int, messages: list[dict[str, Any]]) -> str:
    """Return what identifies a request: its seed and the digests of its messages.

    The digests are those under which the cassette keeps messages; `name_in_cassette` is the same
    name from a recorded call.
    """
    digests = [
        hashlib.sha256(canonical(message).encode()).hexdigest()[:32]
        for message in messages
    ]
    return f"{seed} {' '.join(digests)}"


def name_in_cassette(call: dict[str, Any]) -> str:
    """Return the name of a recorded call."""
    return f"{call['sampling']['seed']} {' '.join(call['messages'])}"


def completion(body: dict[str, Any]) -> bytes:
    """Return a chat completion whose text fits the schema of the request."""
    digest = hashlib.sha256(canonical(body).encode()).digest()
    rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
    schema = body["response_format"]["json_schema"]["schema"]
    text = json.dumps(draw_instance(schema, rng))
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {
                "prompt_tokens": 100,
                "completion_tokens": 20,
                "total_tokens": 120,
            },
        }
    ).encode()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ConnectionError("a request without a length")


def _http(body: bytes) -> bytes:
    fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}"
    head = f"HTTP/1.1 200 OK\r\n{fields}\r\n\r\n"
    return head.encode() + body
