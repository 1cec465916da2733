"""A GGUF model inside this process, through xllamacpp's llama.cpp server."""

from __future__ import annotations

import asyncio
import json
import math
import os
import re
import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

from shapley_coop.errors import InputError, ModelError
from shapley_coop.interfaces.model import ModelRequest, Reply, Schema, Target, Usage
from shapley_coop.llm import weights

CONTEXT = 4096
"""Tokens that one prompt and its answer may fill."""
SLOTS = 8
"""Most requests decoded together; above, they queue. One slot keeps about 90 MB."""
PROMPT_CACHE_MB = 512
"""Memory for prompts whose prefix another request may share; halves the time of a run."""
COMPACT = {
    "whitespace_flexible": False,
    "item_separator": ",",
    "key_separator": ":",
    "coerce_one_of": True,
}
"""Asks the grammar for JSON without white space, a third of the tokens, and to take `oneOf`."""
DECIMALS = 0.01
"""Finest step of a number; without one a small model writes digits up to the token limit."""


class EmbeddedBackend:
    """SmolLM2, or the user's own GGUF file, loaded on the first request."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._slots = min(target.concurrency, SLOTS)
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(self._slots, thread_name_prefix="llama")
        self._server: Any = None

    async def answer(self, request: ModelRequest) -> Reply:
        """Answer one request; a call that runs out of time is stopped at its next token."""
        stop = threading.Event()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self.load)
        call = loop.run_in_executor(self._threads, self._complete, request, stop)
        try:
            async with asyncio.timeout(self._target.timeout):
                return await call
        except TimeoutError:
            raise ModelError(
                f"embedded model {request.model!r} did not answer within "
                f"{self._target.timeout:g} s; shorten the prompt, lower model.max_tokens, "
                "or raise model.timeout"
            ) from None
        finally:
            stop.set()

    async def close(self) -> None:
        """Wait for the calls under way and free the model."""
        await asyncio.to_thread(self._threads.shutdown)
        self._server = None

    def load(self) -> None:
        """Load the model unless it is loaded.

        Raises:
            InputError: the weights are absent or damaged, or are no GGUF file.
            ModelError: xllamacpp is not installed or refuses the file.
        """
        with self._lock:
            if self._server is None:
                file = self._target.file
                path = (
                    gguf(Path(file)) if file else weights.located(self._target.backend)
                )
                self._server, self._address, self._key = serve(path, self._slots)

    @property
    def http(self) -> tuple[str, str]:
        """Base URL and key of the loaded model's own OpenAI endpoint on loopback."""
        self.load()
        return f"{self._address}/v1", self._key

    def _complete(self, request: ModelRequest, stop: threading.Event) -> Reply:
        chunks: list[dict[str, Any]] = []

        def heard(chunk: dict[str, Any]) -> bool:
            chunks.append(chunk)
            return stop.is_set()

        began = time.perf_counter()
        self._server.handle_chat_completions(_body(request), heard)
        return _reply(chunks, request, time.perf_counter() - began)


def gguf(path: Path) -> Path:
    """Return a model file's path after a look at its first bytes."""
    try:
        with path.expanduser().open("rb") as stream:
            magic = stream.read(4)
    except OSError as error:
        raise InputError(
            f"cannot read model file {str(path)!r}: {error.strerror}"
        ) from error
    if magic != b"GGUF":
        raise InputError(
            f"model file {str(path)!r} is no GGUF file: it begins with {magic!r}"
        )
    return path.expanduser()


def serve(path: Path, slots: int) -> tuple[Any, str, str]:
    """Start llama.cpp on a model file; return the server, its loopback address and its key."""
    try:
        xllamacpp = import_module("xllamacpp")
    except ImportError as error:
        raise ModelError(
            f"the embedded model needs xllamacpp ({error}); "
            "run: pip install 'shapley-coop[local]', or name another model with --model"
        ) from error
    key = secrets.token_hex(16)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_parallel, parameters.n_ctx = slots, slots * CONTEXT
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads, cpu.poll = threads(), 0
    parameters.cpuparams_batch.n_threads = max(threads(), idle_cores())
    parameters.cache_ram_mib = PROMPT_CACHE_MB
    parameters.hostnames, parameters.api_keys = ["127.0.0.1"], [key]
    parameters.fit_params = parameters.warmup = False
    parameters.ui = parameters.endpoint_slots = False
    parameters.verbosity = -1
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ModelError(
            f"llama.cpp cannot load {str(path)!r} ({path.stat().st_size} bytes): {error}; "
            "the file is damaged or of a kind that this xllamacpp does not know"
        ) from error
    # A server freed before its loop has turned once hangs or crashes; one token makes sure.
    server.handle_chat_completions(
        {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    )
    return server, server.listening_address, key


def threads() -> int:
    """Return half of the usable cores, at least one.

    ggml's threads spin while they wait for each other, so a thread that has to share its core
    stalls all: on two busy cores one thread decodes 15 times as fast as two.
    """
    usable = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
    return max(1, (usable or 1) // 2)


def idle_cores(stat: Path = Path("/proc/stat"), seconds: float = 0.1) -> int:
    """Return how many cores did nothing just now, rounded down; 0 where that cannot be read.

    Prompts are read with that many threads: it halves the time of a first prompt on an idle
    machine, while on a busy one a second thread would cost far more than it brings.
    """

    def ticks() -> tuple[int, int]:
        fields = [
            int(field) for field in stat.read_text().split("\n", 1)[0].split()[1:]
        ]
        return fields[3] + fields[4], sum(fields[:8])

    try:
        idle, total = ticks()
        time.sleep(seconds)
        idle_after, total_after = ticks()
    except (OSError, ValueError, IndexError):
        return 0
    share = (idle_after - idle) / max(1, total_after - total)
    usable = (
        len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count()
    )
    return math.floor(share * (usable or 1) + 0.25)


def grammar(schema: Schema) -> str:
    """Return the grammar of a JSON schema's compact instances, in llguidance's notation."""
    compact = json.dumps(
        {**_stepped(schema), "x-guidance": COMPACT}, separators=(",", ":")
    )
    return f"%llguidance {{}}\nstart: %json {compact}"


def bound(text: str) -> bool:
    """Return whether a text can come from `grammar`: JSON with no white space outside strings.

    llama.cpp drops a grammar that llguidance refuses without a word; this finds out.
    """
    bare = re.sub(r'"(?:[^"\\]|\\.)*(?:"|\\?$)', "", text, flags=re.DOTALL)
    return text.startswith(tuple('{["-0123456789tfn')) and not re.search(
        r"[^\w{}\[\]:,.+-]", bare
    )


def _stepped(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_stepped(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: _stepped(part) for name, part in schema.items()}
    return (
        {"multipleOf": DECIMALS, **inner} if schema.get("type") == "number" else inner
    )


def _body(request: ModelRequest) -> dict[str, Any]:
    sampling = request.sampling
    body: dict[str, Any] = {
        "messages": [message.model_dump() for message in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.schema_ is not None:
        body["grammar"] = grammar(request.schema_)
    return body


def _reply(
    chunks: list[dict[str, Any]], request: ModelRequest, seconds: float
) -> Reply:
    text: list[str] = []
    finish, usage = None, Usage()
    for chunk in chunks:
        if "error" in chunk:
            raise ModelError(
                f"embedded model {request.model!r} refused the request: "
                f"{chunk['error'].get('message', chunk['error'])}"
            )
        for choice in chunk["choices"]:
            text.append(choice["delta"].get("content") or "")
            finish = choice["finish_reason"] or finish
        if counted := chunk.get("usage"):
            usage = Usage(
                prompt=counted["prompt_tokens"], completion=counted["completion_tokens"]
            )
    if request.schema_ is not None and not bound("".join(text)):
        raise ModelError(
            f"the grammar engine of embedded model {request.model!r} cannot express this schema: "
            f"{json.dumps(request.schema_)[:500]}; use only types, enum, const, anyOf, bounds, "
            "maxLength, maxItems and $ref"
        )
    known: Literal["stop", "length", "other"] = (
        "stop" if finish == "stop" else "length" if finish == "length" else "other"
    )
    return Reply(text="".join(text), finish=known, usage=usage, seconds=seconds)
