"""The one way to ask a model: seeds, records, replays and counts every call of a run."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shapley_coop.config import ModelRules
from shapley_coop.llm import cassette as cassettes
from shapley_coop.llm import specs
from shapley_coop.llm.cassette import Cassette
from shapley_coop.model import Backend, Message, Reply, Request, Sampling, Schema, Target

Mode = Literal["auto", "replay"]


@dataclass(slots=True)
class Tally:
    """What some calls came to; `live` are those that a model answered now."""

    calls: int = 0
    live: int = 0
    prompt: int = 0
    completion: int = 0
    seconds: float = 0.0

    @property
    def tokens(self) -> int:
        """Prompt and completion tokens together."""
        return self.prompt + self.completion

    def count(self, reply: Reply) -> None:
        """Count one reply; a recorded one counts like the call that it records."""
        self.calls += 1
        self.live += reply.source != "cassette"
        self.prompt += reply.usage.prompt
        self.completion += reply.usage.completion
        self.seconds += reply.seconds


class Gateway:
    """Backends by model spec, one cassette, one limit on what is under way at once."""

    def __init__(
        self,
        rules: ModelRules,
        cassette: Cassette,
        *,
        mode: Mode = "auto",
        concurrency: int = 4,
    ) -> None:
        self._rules = rules
        self._cassette = cassette
        self._mode = mode
        self._concurrency = concurrency
        self._places = asyncio.Semaphore(concurrency)
        self._targets: dict[str, Target] = {}
        self._backends: dict[str, Backend] = {}
        self._under_way: dict[str, asyncio.Task[Reply]] = {}
        self.tallies: dict[tuple[str, str, str], Tally] = {}
        """Counts by model, seat and purpose."""

    def seat(self, spec: str, *, seat: str, episode: int, seed: int) -> SeatAsker:
        """Return what one seat of one episode asks with; an empty spec is the default model.

        Raises:
            PluginError: the spec means no model.
        """
        return SeatAsker(self, self._target(spec), seat=seat, episode=episode, seed=seed)

    def open(self, spec: str) -> None:
        """Make the backend of a spec now, so that a wrong name fails before anything is played."""
        wanted = self._target(spec)
        if self._mode == "auto" and wanted.model_dump_json() not in self._backends:
            self._backends[wanted.model_dump_json()] = specs.open_backend(wanted)

    @property
    def total(self) -> Tally:
        """All calls together."""
        everything = Tally()
        for tally in self.tallies.values():
            everything.calls += tally.calls
            everything.live += tally.live
            everything.prompt += tally.prompt
            everything.completion += tally.completion
            everything.seconds += tally.seconds
        return everything

    async def close(self) -> None:
        """Stop what is under way, close every backend and the cassette."""
        left = list(self._under_way.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.gather(*(backend.close() for backend in self._backends.values()))
        self._backends.clear()
        self._cassette.close()

    async def answer(
        self, target: Target, request: Request, *, seat: str, episode: int, purpose: str
    ) -> Reply:
        """Answer from the cassette, from an equal request under way, or live.

        Raises:
            ModelError: the model gave no answer, or a replay does not hold the request.
            StorageError: the answer could not be recorded.
        """
        reply = self._cassette.find(request)
        if reply is None:
            if self._mode == "replay":
                raise self._cassette.missing(request)
            reply = await self._shared(target, request, seat, episode, purpose)
        self.tallies.setdefault((target.model, seat, purpose), Tally()).count(reply)
        return reply

    async def _shared(
        self, target: Target, request: Request, seat: str, episode: int, purpose: str
    ) -> Reply:
        """Ask once however many ask the same at once; only the first counts as live.

        A caller that is cancelled leaves the call running, as its answer is paid for.
        """
        key = cassettes.key(request)
        task = self._under_way.get(key)
        if task is not None:
            reply = await asyncio.shield(task)
            return reply.model_copy(update={"source": "cassette"})
        task = asyncio.create_task(self._live(target, request, seat, episode, purpose))
        self._under_way[key] = task
        task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task)

    def _landed(self, key: str, task: asyncio.Task[Reply]) -> None:
        """Forget a call that ended; what it raised is seen even if nobody waits any more."""
        del self._under_way[key]
        if not task.cancelled():
            task.exception()

    async def _live(
        self, target: Target, request: Request, seat: str, episode: int, purpose: str
    ) -> Reply:
        backend = self._backend(target)
        async with self._places:
            reply = await backend.answer(request)
        self._cassette.add(request, reply, seat=seat, episode=episode, purpose=purpose)
        return reply

    def _target(self, spec: str) -> Target:
        spec = spec or self._rules.name
        if spec not in self._targets:
            self._targets[spec] = specs.target(spec, self._rules, self._concurrency)
        return self._targets[spec]

    def _backend(self, target: Target) -> Backend:
        name = target.model_dump_json()
        if name not in self._backends:
            self._backends[name] = specs.open_backend(target)
        return self._backends[name]

    def request(
        self, target: Target, messages: Sequence[Message], schema: Schema | None, seed: int
    ) -> Request:
        """Return the request of some messages under the run's sampling rules."""
        return Request(
            model=target.model,
            endpoint=target.endpoint,
            messages=tuple(messages),
            sampling=Sampling(
                temperature=self._rules.temperature,
                top_p=self._rules.top_p,
                max_tokens=self._rules.max_tokens,
                seed=seed,
            ),
            schema=schema,
        )


class SeatAsker:
    """The gateway as one seat of one episode sees it; `tally` counts by purpose."""

    def __init__(
        self, gateway: Gateway, target: Target, *, seat: str, episode: int, seed: int
    ) -> None:
        self._gateway = gateway
        self._target = target
        self._seat = seat
        self._episode = episode
        self._seed = seed
        self._draws: Counter[str] = Counter()
        self.tally: dict[str, Tally] = {}

    async def complete(
        self, messages: Sequence[Message], schema: Schema | None, *, purpose: str
    ) -> Reply:
        """Answer; the k-th equal question of a purpose is its k-th draw, with a seed of its own."""
        plain = self._gateway.request(self._target, messages, schema, seed=0)
        asked = f"{purpose} {cassettes.key(plain)}"
        draw = self._draws[asked]
        self._draws[asked] += 1
        seeded = plain.sampling.model_copy(update={"seed": self._sampling_seed(purpose, draw)})
        request = plain.model_copy(update={"sampling": seeded, "draw": draw})
        reply = await self._gateway.answer(
            self._target, request, seat=self._seat, episode=self._episode, purpose=purpose
        )
        self.tally.setdefault(purpose, Tally()).count(reply)
        return reply

    def _sampling_seed(self, purpose: str, draw: int) -> int:
        """Return a seed below 2**31, as llama.cpp reads 2**32 - 1 as "any"."""
        words = (self._seed, self._episode, _word(self._seat), _word(purpose), draw)
        return int(np.random.SeedSequence(words).generate_state(1)[0] >> 1)


def _word(text: str) -> int:
    return zlib.crc32(text.encode())
