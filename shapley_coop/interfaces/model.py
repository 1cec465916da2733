"""What a model is: a request in, a reply out. No backend is known here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol

from pydantic import Field

from shapley_coop.records import Record

Role = Literal["system", "user", "assistant"]
Schema = dict[str, Any]
"""A JSON schema."""
Output = Literal["auto", "schema", "tool", "json", "plain"]


class Message(Record):
    """One chat message."""

    role: Role
    content: str
    images: tuple[str, ...] = ()
    """Pictures that belong to it, as data URLs."""


class Sampling(Record):
    """How a reply is drawn; `seed` makes a local model repeat itself."""

    temperature: float = Field(default=0.7, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=256, ge=1)
    seed: int = Field(default=0, ge=0)


class Usage(Record):
    """Tokens of one call, as the backend counted them."""

    prompt: int = 0
    completion: int = 0
    """All tokens of the answer, those of its reasoning too."""
    reasoning: int = 0
    cached: int = 0
    """Prompt tokens that the provider had in its own cache."""

    @property
    def total(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt + self.completion


class ModelRequest(Record):
    """Everything that decides a reply; its digest is the cassette key."""

    model: str
    endpoint: str
    messages: tuple[Message, ...]
    sampling: Sampling
    schema_: Schema | None = Field(default=None, alias="schema")
    draw: int = 0
    """Distinguishes repeated samples of one request."""


class Reply(Record):
    """A model's answer and what it cost."""

    text: str
    thinking: str = ""
    """Reasoning that came with the answer and is no part of it."""
    value: dict[str, Any] | None = Field(default=None, exclude=True)
    """The answer's one JSON object, where a schema was asked for and it holds one."""
    finish: Literal["stop", "length", "other"] = "stop"
    usage: Usage = Usage()
    cost: float | None = None
    """US dollars; None where the price is not known."""
    seconds: float = 0.0
    attempts: int = 1
    """Times that the request was sent for it."""
    source: Literal["live", "cassette", "cache", "scripted"] = "live"
    """`cache`: another run asked the same, or another seat at the same time."""


class Target(Record):
    """Which model is asked, where, and how patiently; a backend's factory is called with it."""

    backend: str
    """Registered name, or `module:attribute`, of the backend's factory."""
    model: str
    """The model's name at its endpoint."""
    endpoint: str
    """A URL without credentials, or a word such as `embedded`; part of the cassette key."""
    timeout: float = 120.0
    """Seconds that one call may take, retries not counted."""
    concurrency: int = 4
    """Most requests that will be under way at once."""
    file: str = ""
    """A model file or folder of the user's own, for backends that load one."""
    output: Output = "auto"
    """How the endpoint is asked for JSON; `auto`: found by asking."""
    omit: tuple[str, ...] = ()
    """Sampling fields that the endpoint does not know."""

    @property
    def remote(self) -> bool:
        """Whether calls leave this process."""
        return self.backend == "litellm" or self.endpoint.startswith(
            ("http://", "https://")
        )


class Backend(Protocol):
    """One way to reach a model; a factory makes it from a Target without loading anything."""

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once: its answer, or a ModelError that says what became of it."""
        ...

    async def close(self) -> None:
        """Release what the backend holds."""
        ...


class Asker(Protocol):
    """The gateway as one seat of one episode sees it."""

    async def complete(
        self, messages: Sequence[Message], schema: Schema | None, *, purpose: str
    ) -> Reply:
        """Answer, from a cassette where one holds the request, else live; record what was live."""
        ...


def closed_object(
    properties: Mapping[str, Schema], *, required: Iterable[str] | None = None
) -> Schema:
    """Return the schema of a JSON object that takes these properties and no others.

    Args:
        properties: the schema of each property, in the order in which a model writes them.
        required: the properties that must be there. None means that all of them must.
    """
    names = properties if required is None else required
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(names),
        "additionalProperties": False,
    }


def canonical(value: Any) -> str:
    """Return the one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def key(request: ModelRequest) -> str:
    """Return the digest of everything that decides a reply."""
    return _hash(request.model_dump(by_alias=True))


def _hash(value: Any) -> str:
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]
