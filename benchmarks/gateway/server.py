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

Answer = Callable[["Question"], Awaitable[bytes | None]]
CHARACTERS_PER_TOKEN = 4


class Question(NamedTuple):
    """One request as it came."""

    number: int
    key: str
    """Its idempotency key, or its number where it has none."""
    body: dict[str, Any]


class Server(Loopback):
    """Serves on a thread of its own and keeps count of what came and what it answered in full.

    `billed` holds tokens by idempotency key, as a provider that honours such keys would.
    """

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.questions = 0
        self.by_key: Counter[str] = Counter()
        self.billed: dict[str, tuple[int, int]] = {}
        super().__init__()

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while await self._answer_one(reader, writer):
                pass
        # A client that closes its connections may be seen only after the end.
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            return
        finally:
            writer.close()

    async def _answer_one(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request, and return whether the connection stays open."""
        head = await reader.readuntil(b"\r\n\r\n")
        fields = _header_fields(head.decode("latin-1").lower())
        raw = await reader.readexactly(int(fields["content-length"]))
        self.questions += 1
        key = fields.get("idempotency-key", str(self.questions))
        self.by_key[key] += 1
        data = await self._answer(Question(self.questions, key, json.loads(raw)))
        # None hangs up without an answer.
        if data is None:
            return False
        writer.write(data)
        await writer.drain()
        return b"connection: close" not in data[:200].lower()


def _header_fields(head: str) -> dict[str, str]:
    lines = head.split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines if ": " in line)


def http(
    body: bytes, status: str = "200 OK", headers: str = "", length: int | None = None
) -> bytes:
    """Return an HTTP answer."""
    size = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {size}\r\n"
    )
    return (head + headers + "\r\n").encode() + body


def answer_text(body: Mapping[str, Any]) -> str:
    """Return an answer that the request's schema allows, drawn by its seed alone."""
    schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    if schema is None:
        return "ok"
    rng = np.random.default_rng(body.get("seed", 0))
    return json.dumps(draw_instance(schema, rng), separators=(",", ":"))


def usage(body: Mapping[str, Any], text: str) -> tuple[int, int]:
    """Return prompt and completion tokens as this server counts them."""
    characters = sum(len(str(message["content"])) for message in body["messages"])
    return characters // CHARACTERS_PER_TOKEN, len(text) // CHARACTERS_PER_TOKEN


def completion(text: str, tokens: tuple[int, int]) -> bytes:
    """Return the body of a chat completion."""
    prompt, answer = tokens
    message = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": prompt, "completion_tokens": answer},
        }
    ).encode()
