"""A GGUF model inside this process, through xllamacpp's llama.cpp server."""

from __future__ import annotations

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, ClassVar

from shapley_coop.errors import InputError, ModelError
from shapley_coop.interfaces.model import (
    Backend,
    Finish,
    ModelRequest,
    Provider,
    Reply,
    Target,
    Usage,
)
from shapley_coop.llm import weights
from shapley_coop.llm.backends.cores import idle_cores, threads
from shapley_coop.llm.backends.grammar import grammar, may_come_from_grammar
from shapley_coop.llm.backends.liveness import Liveness
from shapley_coop.llm.chat.refusals import error_inside
from shapley_coop.llm.providers import not_installed

CONTEXT = 4096
"""Tokens that one prompt and its answer may fill."""
SLOTS = 8
"""Most requests that are decoded together, each in about 90 MB. Further requests wait."""
PROMPT_CACHE_MB = 512
"""Memory for prompts whose beginning another request may share. It halves the time of a run."""
_FINISHES: dict[str | None, Finish] = {"stop": "stop", "length": "length"}
"""What llama.cpp's reasons mean. Any other reason is `other`."""


class EmbeddedBackend(Backend):
    """SmolLM2, or the user's own GGUF file, loaded on the first request."""

    provider: ClassVar[Provider] = Provider(
        forms=("smollm2", "FILE.gguf"),
        named_model="never",
        suffix=".gguf",
        endpoint="embedded",
        packages=("xllamacpp",),
        requirement="shapley-coop[local]",
    )

    def __init__(self, target: Target) -> None:
        self._target = target
        self._slots = slots_of(target)
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(self._slots, thread_name_prefix="llama")
        self._server: Any = None

    async def answer(self, request: ModelRequest) -> Reply:
        """Answer one request. A call that nobody waits for is stopped at its next token."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self.load)
        try:
            async with Liveness(self._target.timeout) as life:
                return await loop.run_in_executor(
                    self._threads, self._complete, request, life
                )
        except TimeoutError:
            raise ModelError(
                f"embedded model {request.model!r} was silent for {self._target.timeout:g} s; "
                "end other work on this machine, or raise model.timeout"
            ) from None

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
            if self._server is not None:
                return
            if self._target.file:
                path = check_gguf(Path(self._target.file))
            else:
                path = weights.checked_location(self._target.backend)
            self._server, self._address, self._key = serve(path, self._slots)

    @property
    def http(self) -> tuple[str, str]:
        """Base URL and key of the loaded model's own OpenAI endpoint on loopback."""
        self.load()
        return f"{self._address}/v1", self._key

    def _extra_fields(self) -> dict[str, Any]:
        """Return what every request to the server holds beside the question."""
        return {}

    def _complete(self, request: ModelRequest, life: Liveness) -> Reply:
        chunks: list[dict[str, Any]] = []

        def take(chunk: dict[str, Any]) -> bool:
            life.sign()
            chunks.append(chunk)
            # llama.cpp ends a request whose callback returns True.
            return life.is_over

        life.sign()
        began = time.perf_counter()
        body = request_body(request) | self._extra_fields()
        self._server.handle_chat_completions(body, take)
        return _reply(chunks, request, time.perf_counter() - began)


def check_gguf(path: Path) -> Path:
    """Return a model file's path after a look at its first bytes.

    Raises:
        InputError: the file cannot be read, or is no GGUF file.
    """
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


def slots_of(target: Target) -> int:
    """Return how many requests of a target are decoded together."""
    return min(target.concurrency, SLOTS)


def serve(
    path: Path, slots: int, adapters: Sequence[Path] = ()
) -> tuple[Any, str, str]:
    """Start llama.cpp on a model file, and return the server, its loopback address and its key.

    Args:
        path: the model file.
        slots: how many requests are decoded together.
        adapters: files of adapters, of which each request says by their numbers which ones it is
            answered with. A request that says nothing is answered with all of them.

    Raises:
        ModelError: xllamacpp is not installed or refuses the file.
    """
    try:
        import xllamacpp
    except ImportError as error:
        provider = EmbeddedBackend.provider
        raise not_installed("the embedded model", provider, error) from error
    key = secrets.token_hex(16)
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    # llama.cpp wants a weight for each, which every request sets anew.
    parameters.lora_adapters = [
        xllamacpp.CommonAdapterLoraInfo(str(adapter), 1.0) for adapter in adapters
    ]
    parameters.n_parallel = slots
    parameters.n_ctx = slots * CONTEXT
    # `poll` is how long a thread spins before it sleeps. Spinning takes cores from other work.
    for cpu in (parameters.cpuparams, parameters.cpuparams_batch):
        cpu.n_threads = threads()
        cpu.poll = 0
    parameters.cpuparams_batch.n_threads = max(threads(), idle_cores())
    parameters.cache_ram_mib = PROMPT_CACHE_MB
    parameters.hostnames = ["127.0.0.1"]
    parameters.api_keys = [key]
    # What serves people or guesses at the machine is off: this server has one caller.
    parameters.fit_params = False
    parameters.warmup = False
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.verbosity = -1
    try:
        server = xllamacpp.Server(parameters)
    except RuntimeError as error:
        raise ModelError(
            f"llama.cpp cannot load {str(path)!r} ({path.stat().st_size} bytes): {error}; "
            "the file is damaged or of a kind that this xllamacpp does not know"
        ) from error
    # A server freed before its loop has turned once hangs or crashes. One token makes sure.
    server.handle_chat_completions(
        {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 1}
    )
    return server, server.listening_address, key


def request_body(request: ModelRequest) -> dict[str, Any]:
    """Return a request as llama.cpp's server takes it."""
    sampling = request.sampling
    body: dict[str, Any] = {
        "messages": [message.model_dump() for message in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": sampling.seed,
        "stream": True,
        "stream_options": {"include_usage": True},
        # A long prompt takes a busy machine minutes, in which it would be silent.
        "return_progress": True,
    }
    if request.schema_ is not None:
        body["grammar"] = grammar(request.schema_)
    return body


def _reply(
    chunks: list[dict[str, Any]], request: ModelRequest, seconds: float
) -> Reply:
    """Return the answer that was streamed in pieces."""
    parts: list[str] = []
    finish = None
    usage = Usage()
    for chunk in chunks:
        # A prompt that is too long is a fault of its call, as it is at any server.
        fault = error_inside(chunk, {}, request)
        if fault is not None:
            raise fault
        for choice in chunk["choices"]:
            parts.append(choice["delta"].get("content") or "")
            finish = choice["finish_reason"] or finish
        # The last piece alone counts the tokens.
        counts = chunk.get("usage")
        if counts:
            usage = Usage(
                prompt=counts["prompt_tokens"], completion=counts["completion_tokens"]
            )
    text = "".join(parts)
    if request.schema_ is not None and not may_come_from_grammar(text):
        raise ModelError(
            f"the grammar engine of embedded model {request.model!r} cannot express this schema: "
            f"{json.dumps(request.schema_)[:500]}; use only types, enum, const, anyOf, bounds, "
            "maxLength, maxItems and $ref"
        )
    return Reply(
        text=text,
        finish=_FINISHES.get(finish, "other"),
        usage=usage,
        seconds=seconds,
    )
