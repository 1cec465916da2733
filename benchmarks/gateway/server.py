"""A loopback server that speaks the OpenAI chat protocol: steady, limited, or faulty on purpose."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from benchmarks.gateway.loopback import Loopback
from shapley_coop.llm.backends.scripted import draw_instance

Answer = Callable[["Asked"], Awaitable[bytes | None]]


class Asked(NamedTuple):
    """One request as it came."""

    number: int
    key: str
    body: dict[str, Any]


class Server(Loopback):
    """Serves on a thread of its own and keeps count of what came and what it answered in full.

    `billed` holds tokens by idempotency key, as a provider that honours such keys would.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.asked = 0
        self.by_key: Counter[str] = Counter()
        self.billed: dict[str, tuple[int, int]] = {}
        super().__init__()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                fields = dict(
                    line.split(": ", 1)
                    for line in head.split("\r\n")[1:]
                    if ": " in line
                )
                raw = await reader.readexactly(int(fields["content-length"]))
                self.asked += 1
                key = fields.get("idempotency-key", str(self.asked))
                self.by_key[key] += 1
                data = await self._answer(Asked(self.asked, key, json.loads(raw)))
                if data is None:
                    return
                writer.write(data)
                await writer.drain()
                if b"connection: close" in data[:200].lower():
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


def http(
    body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None
) -> bytes:
    """Return an HTTP answer."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {size}\r\n"
    return (head + headers + "\r\n").encode() + body


def said(body: Mapping[str, Any]) -> str:
    """Return an answer that the request's schema allows, drawn by its seed alone."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is None:
        return "ok"
    rng = np.random.default_rng(body.get("seed", 0))
    return json.dumps(draw_instance(schema, rng), separators=(",", ":"))


def usage(body: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Return prompt and completion tokens as this server counts them."""
    return sum(len(str(m["content"])) for m in body["messages"]) // 4, len(text) // 4


def completion(text: str, used: tuple[int, int]) -> bytes:
    """Return the body of a chat completion."""
    message = {"role": "assistant", "content": text}
    counted = {"prompt_tokens": used[0], "completion_tokens": used[1]}
    return json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": counted,
        }
    ).encode()
