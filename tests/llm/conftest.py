"""The embedded model once for all tests of the gateway, and a server that misbehaves on demand."""

import asyncio
import json
from collections.abc import Callable, Iterator

import pytest

from benchmarks.gateway.loopback import Loopback
from shapley_coop.interfaces.model import Message, Request, Sampling, Target
from shapley_coop.llm import weights
from shapley_coop.llm.backends.embedded import EmbeddedBackend

OFFER = {
    "type": "object",
    "properties": {
        "kind": {"type": "string", "enum": ["propose", "accept", "reject"]},
        "price": {"type": "integer", "minimum": 0, "maximum": 20},
        "reason": {"type": "string", "maxLength": 40},
    },
    "required": ["kind", "price", "reason"],
    "additionalProperties": False,
}
CANARIES = {
    "OPENAI_API_KEY": "sk-canary-one-5f0a9c7e21",
    "ANTHROPIC_API_KEY": "canary_two_77aa03bd98",
    "SHAPLEY_COOP_API_KEY": "canary-three-c0ffee4411",
    "MY_SECRET": "canary four with spaces 99",
}


def request_for(text="Offer a price.", *, schema=None, **sampling) -> Request:
    return Request(
        model="smollm2",
        endpoint="embedded",
        messages=(Message(role="user", content=text),),
        sampling=Sampling(**{"max_tokens": 60, "seed": 3, **sampling}),
        schema=schema,
    )


def completion(text="hello", finish="stop") -> bytes:
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": finish}
    usage = {"prompt_tokens": 7, "completion_tokens": 2}
    return json.dumps(
        {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
        | {"choices": [{"index": 0, **choice}], "usage": usage}
    ).encode()


def http(body: bytes, status="200 OK", kind="application/json", headers="") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return (head + headers + "Connection: close\r\n\r\n").encode() + body


class Server(Loopback):
    """Answers each request with the next prepared bytes; None hangs, b"" hangs up."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        self.heard: list[bytes] = []
        super().__init__()

    async def serve(self, reader, writer) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            self.heard.append(head + await reader.readexactly(length))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer is None:
                await reader.read()  # until the client hangs up
            else:
                writer.write(answer)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.stop()


@pytest.fixture
def at() -> Callable[..., Target]:
    """Make a target of an endpoint."""

    def make(endpoint: str, backend="openai", model="m", timeout=5.0) -> Target:
        return Target(backend=backend, model=model, endpoint=endpoint, timeout=timeout)

    return make


@pytest.fixture(scope="session")
def embedded() -> Iterator[EmbeddedBackend]:
    """The real embedded model; its weights are fetched on the first run ever."""
    weights.pull()
    backend = EmbeddedBackend(Target(backend="smollm2", model="smollm2", endpoint="embedded"))
    backend.load()
    yield backend
    asyncio.run(backend.close())
