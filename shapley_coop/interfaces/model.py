"""What a model is: a request goes in, a reply comes out. No backend is known here."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import Field

from shapley_coop.config.sections import Output, Price
from shapley_coop.records import Record

# What an author of a backend imports, in one place.
__all__ = [
    "Asker",
    "Backend",
    "Declaring",
    "Finish",
    "Message",
    "ModelRequest",
    "Price",
    "Provider",
    "Reply",
    "Role",
    "Sampling",
    "Schema",
    "Source",
    "Target",
    "Usage",
    "canonical",
    "closed_object",
    "digest",
    "key",
    "no_price",
    "one_of",
]

Role = Literal["system", "user", "assistant"]
Schema = dict[str, Any]
"""A JSON schema."""
Finish = Literal["stop", "length", "filter", "other"]
"""Why an answer ended: the model was done, the token limit cut it, or anything else."""
Source = Literal["live", "cassette", "cache", "scripted"]
"""Where an answer is from. `cache` also marks one that an equal question under way was given."""


class Message(Record):
    """One chat message."""

    role: Role
    content: str
    images: tuple[str, ...] = ()
    """Pictures that belong to it, as data URLs."""


class Sampling(Record):
    """How a reply is drawn. The values are those of the model settings, with a seed."""

    temperature: float
    top_p: float
    max_tokens: int
    """Most tokens of the answer."""
    seed: int
    """Makes a local model repeat itself."""


class Usage(Record):
    """Tokens of one call, as the backend counted them."""

    prompt: int = 0
    completion: int = 0
    """All tokens of the answer, those of its reasoning too."""
    reasoning: int = 0
    cached: int = 0
    """Prompt tokens that the provider had in its own cache."""
    estimated: bool = False
    """Whether the backend did not count all of it, so that these are the most that it can be."""

    @property
    def total(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt + self.completion


class ModelRequest(Record):
    """Everything that decides a reply. Its digest is the key of the cassette and the cache."""

    model: str
    endpoint: str
    messages: tuple[Message, ...]
    sampling: Sampling
    schema_: Schema | None = Field(default=None, alias="schema")
    draw: int = 0
    """Distinguishes repeated samples of one request."""

    @cached_property
    def key(self) -> str:
        """The digest of everything that decides a reply."""
        return digest(self.model_dump(by_alias=True))

    def __copy__(self) -> ModelRequest:
        """Return a copy, which may be given other fields and so has a key of its own."""
        copied = super().__copy__()
        copied.__dict__.pop("key", None)
        return copied


class Reply(Record):
    """A model's answer and what it cost."""

    text: str
    thinking: str = ""
    """Reasoning that came with the answer and is no part of it."""
    finish: Finish = "stop"
    usage: Usage = Usage()
    cost: float | None = None
    """US dollars. None means that the price or the count of tokens is not known."""
    at_most: float = 0.0
    """The most US dollars that it can have cost where its tokens were not counted."""
    model: str = ""
    """The model that answered by its server's word, where that is not the one asked."""
    seconds: float = 0.0
    attempts: int = 1
    """Times that the request was sent to get this answer."""
    source: Source = "live"


class Target(Record):
    """Which model is asked, where, and how patiently. A backend is made from it."""

    backend: str
    """Registered name of the backend, or the `module:attribute` path of its factory."""
    model: str
    """The model's name at its endpoint."""
    endpoint: str
    """A URL without credentials, or a word such as `embedded`. It is part of the digest."""
    timeout: float = 120.0
    """Seconds that one call may take, retries not counted."""
    concurrency: int = 4
    """Most requests that will be under way at once."""
    file: str = ""
    """A model file or folder of the user's own, for backends that load one."""
    output: Output = "auto"
    """How the endpoint is asked for JSON."""
    omit: tuple[str, ...] = ()
    """Sampling fields that the endpoint does not know."""
    hosted: bool = False
    """Whether calls leave this process although the endpoint is no URL."""

    @property
    def remote(self) -> bool:
        """Whether calls leave this process."""
        return self.hosted or self.endpoint.startswith(("http://", "https://"))


def no_price(_model: str) -> Price | None:
    """Return None: nobody has said what any model costs."""
    return None


@dataclass(frozen=True, kw_only=True)
class Provider:
    """What a backend declares about itself, so that no other module needs to know its name.

    A backend is registered under a name in the entry-point group `shapley_coop.models`. The
    defaults fit a model that runs in this process and has no key.
    """

    forms: tuple[str, ...] = ()
    """How users write its specs, as messages show them. The bare name needs no mention."""
    named_model: Literal["never", "maybe", "always"] = "maybe"
    """Whether a spec goes on with a model, as in `NAME/MODEL`, or is the name alone."""
    names_file: bool = False
    """Whether that model is a file or folder on this machine."""
    suffix: str = ""
    """Ending of the model files that are a spec by themselves, such as `.gguf`."""
    endpoint: str = ""
    """The URL or word that requests are recorded with. Empty means the registered name."""
    endpoint_variable: str = ""
    """Environment variable with a URL that takes the endpoint's place."""
    hosted: bool = False
    """Whether calls leave this process although the endpoint is no URL."""
    packages: tuple[str, ...] = ()
    """Installed packages that decide an answer. Run folders record their versions."""
    requirement: str = ""
    """What pip has to install before the backend can be used."""
    secret_variables: tuple[str, ...] = ()
    """Environment variables whose values are masked in all that is written or shown.

    Those whose names end in KEY, TOKEN, SECRET, PASSWORD or CREDENTIALS are masked anyway.
    """
    secret_shapes: tuple[str, ...] = ()
    """Regular expressions of what its keys look like. Each matches from the start of a word."""
    prices: Callable[[str], Price | None] = no_price
    """The price of a model by its name, for calls at the declared endpoint."""

    def __post_init__(self) -> None:
        """Refuse a shape that is no regular expression while its plug-in is being loaded."""
        for shape in self.secret_shapes:
            re.compile(shape)


@runtime_checkable
class Declaring(Protocol):
    """A factory of backends that says what others need to know of them."""

    provider: Any
    """Its `Provider`, which is checked on loading because a plug-in may put anything here."""


class Backend(Protocol):
    """One way to reach a model, made from a Target without loading or opening anything."""

    provider: ClassVar[Provider] = Provider()

    async def answer(self, request: ModelRequest) -> Reply:
        """Send one request once and return its answer.

        Raises:
            ModelError: there is no answer. The error says what became of the request.
        """
        ...

    async def close(self) -> None:
        """Release what the backend holds."""
        ...


class Asker(Protocol):
    """The gateway as one seat of one episode sees it."""

    async def complete(
        self,
        messages: Sequence[Message],
        schema: Schema | None,
        *,
        purpose: str,
        tokens: int | None = None,
    ) -> Reply:
        """Answer from a cassette if one holds the request, and live if none does.

        A live answer is recorded. The purpose, such as `act`, is what the counts are kept by.
        The answer takes at most the tokens of the settings, or `tokens` where that is more.
        """
        ...


def closed_object(properties: Mapping[str, Schema]) -> Schema:
    """Return the schema of a JSON object that holds these properties and no others.

    A model writes them in their order here.
    """
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def one_of(words: Iterable[str]) -> Schema:
    """Return the schema of a text that is one of some words."""
    return {"type": "string", "enum": list(words)}


# Keys in one order and no blanks, so that equal values have equal texts.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def canonical(value: Any) -> str:
    """Return the one JSON text of a value."""
    return _ENCODER.encode(value)


def digest(value: Any) -> str:
    """Return the name of a JSON value: 32 hexadecimal digits of its canonical text's SHA-256."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:32]


def key(request: ModelRequest) -> str:
    """Return the digest of everything that decides a reply."""
    return request.key
