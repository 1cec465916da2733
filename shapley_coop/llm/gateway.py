"""The one way to ask a model: seeds, records, replays, limits and counts every call of a run."""

from __future__ import annotations

import asyncio
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from shapley_coop.config.sections import Limits, ModelSettings, Price
from shapley_coop.errors import LimitReached, ModelError
from shapley_coop.interfaces.model import (
    Backend,
    Message,
    ModelRequest,
    Reply,
    Sampling,
    Schema,
    Target,
    key,
)
from shapley_coop.llm import specs
from shapley_coop.llm.account import account
from shapley_coop.llm.endpoint import Endpoint
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money import prices
from shapley_coop.llm.money.budget import Budget
from shapley_coop.llm.money.tally import Tally, total
from shapley_coop.llm.replies import json_object
from shapley_coop.llm.secrets import masker
from shapley_coop.records import Spend

Mode = Literal["off", "record", "replay", "auto"]
DRAIN_SECONDS = 5.0
"""How long closing waits for answers that are paid for."""


class Gateway:
    """Endpoints by model spec, one cassette, one budget.

    Args:
        rules: how models are asked.
        cassette: opened as `mode` needs it.
        mode: `replay` asks nobody; the others differ in how the cassette was opened.
        concurrency: most calls at once of a model in this process.
        limits: what may be spent, with what the cassette says was spent before.
        cache: answers shared by runs.
        opened: makes backends.
    """

    def __init__(
        self,
        rules: ModelSettings,
        cassette: Cassette,
        *,
        mode: Mode = "auto",
        concurrency: int = 4,
        limits: Limits | None = None,
        cache: Cache | None = None,
        opened: Callable[[Target], Backend] = specs.open_backend,
    ) -> None:
        self.budget = Budget(limits or Limits(), cassette.spent())
        self._rules = rules
        self._cassette = cassette
        self.mode = mode
        self._concurrency = concurrency
        self._cache = cache
        self._opened = opened
        self._redact = masker()
        self._targets: dict[str, Target] = {}
        self._endpoints: dict[Target, tuple[Endpoint, Price | None]] = {}
        self._under_way: dict[str, asyncio.Task[Reply]] = {}
        self._paid: defaultdict[int, set[str]] = defaultdict(set)
        self._limited: dict[int, str] = dict(cassette.limited)
        self._deadlines: dict[int, tuple[float, str]] = {}
        self.tallies: dict[tuple[str, str, str], Tally] = {}
        """Counts by model, seat and purpose."""
        self._by_episode: defaultdict[int, dict[tuple[str, str, str], Tally]] = (
            defaultdict(dict)
        )

    def seat(self, spec: str, *, seat: str, episode: int, seed: int) -> SeatAsker:
        """Return what one seat of one episode asks with; an empty spec is the default model.

        Raises:
            PluginError: the spec means no model.
        """
        return SeatAsker(
            self, self._target(spec), seat=seat, episode=episode, seed=seed
        )

    def open(self, spec: str) -> None:
        """Make the backend of a spec now, so that a wrong name fails before anything is played.

        Raises:
            ConfigError: a cost limit is set and the model's price is not known.
        """
        if self.mode != "replay":
            self._endpoint(self._target(spec))

    @property
    def total(self) -> Tally:
        """All calls together."""
        return total(self.tallies.values())

    def spent(self, episode: int) -> Tally:
        """Return what an episode came to so far; a call that equal ones share counts once."""
        return total(self._by_episode[episode].values())

    def spending(self, episode: int) -> tuple[Spend, ...]:
        """Return what an episode came to, by seat, purpose and model."""
        rows = sorted(self._by_episode[episode].items())
        return tuple(tally.spend(*key) for key, tally in rows)

    def allow(self, episode: int, seconds: float, reason: str) -> None:
        """Give an episode this long; then whoever waits for an answer hears of the limit instead.

        A replay meets the limit at the same question, so nothing that was heard is lost between.
        """
        if self.mode != "replay":
            self._deadlines[episode] = (
                asyncio.get_running_loop().time() + seconds,
                reason,
            )

    def end(self, episode: int) -> None:
        """Forget an episode that is over."""
        self._deadlines.pop(episode, None)
        self._by_episode.pop(episode, None)
        self._paid.pop(episode, None)

    def cut(self, episode: int, reason: str) -> None:
        """Record that a limit ended an episode, so that a replay ends it there too."""
        if self.mode != "replay":
            self._cassette.limit(episode, reason, self._paid[episode])

    async def close(self) -> None:
        """Let paid answers land for a moment, then stop what is under way and close everything."""
        left = list(self._under_way.values())
        if left:
            await asyncio.wait(left, timeout=DRAIN_SECONDS)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        await asyncio.gather(
            *(endpoint.close() for endpoint, _ in self._endpoints.values())
        )
        self._endpoints.clear()
        self._cassette.close()
        if self._cache is not None:
            self._cache.close()

    async def answer(
        self,
        target: Target,
        request: ModelRequest,
        *,
        seat: str,
        episode: int,
        purpose: str,
    ) -> Reply:
        """Answer from the cassette, the cache, an equal request under way, or live.

        Raises:
            ModelError: the model gave no answer, or a replay does not hold the request.
            LimitReached: a budget or the episode's time does not allow the call, or a replay
                comes to where they did not.
            StorageError: the answer could not be recorded.
        """
        name = key(request)
        reply = self._cassette.find(request)
        if reply is None and self.mode == "replay":
            if episode in self._limited:
                raise LimitReached(self._limited[episode], episode=episode)
            raise self._cassette.missing(request)
        if reply is None:
            reply = await self._in_time(name, target, request, (seat, episode, purpose))
        again = name in self._paid[episode]
        self._paid[episode].add(name)
        where = (target.model, seat, purpose)
        for tallies in (self.tallies, self._by_episode[episode]):
            tallies.setdefault(where, Tally()).count(reply, again=again)
        return _read(reply, request)

    async def _in_time(
        self,
        name: str,
        target: Target,
        request: ModelRequest,
        about: tuple[str, int, str],
    ) -> Reply:
        deadline, reason = self._deadlines.get(about[1], (None, ""))
        try:
            async with asyncio.timeout_at(deadline) as limit:
                return await self._shared(name, target, request, about)
        except TimeoutError:
            if not limit.expired():
                raise
            self.cut(about[1], reason)
            raise LimitReached(reason, episode=about[1]) from None

    async def _shared(
        self,
        name: str,
        target: Target,
        request: ModelRequest,
        about: tuple[str, int, str],
    ) -> Reply:
        """Ask once however many ask the same at once.

        A caller that is cancelled leaves the call running, as its answer is paid for.
        """
        task = self._under_way.get(name)
        if task is not None:
            reply = await asyncio.shield(task)
            return reply.model_copy(update={"source": "cache"})
        task = asyncio.create_task(self._live(target, request, about))
        self._under_way[name] = task
        task.add_done_callback(lambda done: self._landed(name, done))
        return await asyncio.shield(task)

    def _landed(self, name: str, task: asyncio.Task[Reply]) -> None:
        """Forget a call that ended; what it raised is seen even if nobody waits any more."""
        del self._under_way[name]
        if not task.cancelled():
            task.exception()

    async def _live(
        self, target: Target, request: ModelRequest, about: tuple[str, int, str]
    ) -> Reply:
        endpoint, price = self._endpoint(target)
        seat, episode, purpose = about
        reply = self._cache.find(request) if self._cache is not None else None
        if reply is None:
            try:
                reply = prices.priced(await endpoint.ask(request), price)
            except ModelError as fault:
                if not fault.fatal:
                    self._cassette.fault(request, fault)
                raise
            if self._cache is not None:
                self._cache.add(request, reply)
        reply = reply.model_copy(
            update={
                "text": self._redact(reply.text),
                "thinking": self._redact(reply.thinking),
            }
        )
        self._cassette.add(request, reply, seat=seat, episode=episode, purpose=purpose)
        return reply

    def _target(self, spec: str) -> Target:
        spec = spec or self._rules.name
        if spec not in self._targets:
            self._targets[spec] = specs.target(spec, self._rules, self._concurrency)
        return self._targets[spec]

    def _endpoint(self, target: Target) -> tuple[Endpoint, Price | None]:
        if target not in self._endpoints:
            meter, price = account(
                target, self.budget, self._cassette, self._rules.prices
            )
            limit = self._rules.concurrency if target.remote else self._concurrency
            backend = self._opened(target)
            endpoint = Endpoint(target, backend, limit=limit, meter=meter)
            self._endpoints[target] = endpoint, price
        return self._endpoints[target]

    def request(
        self,
        target: Target,
        messages: Sequence[Message],
        schema: Schema | None,
        seed: int,
    ) -> ModelRequest:
        """Return the request of some messages under the run's sampling rules."""
        return ModelRequest(
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
    """The gateway as one seat of one episode sees it."""

    def __init__(
        self, gateway: Gateway, target: Target, *, seat: str, episode: int, seed: int
    ) -> None:
        self._gateway = gateway
        self._target = target
        self._seat = seat
        self._episode = episode
        self._seed = seed
        self._draws: Counter[str] = Counter()

    async def complete(
        self, messages: Sequence[Message], schema: Schema | None, *, purpose: str
    ) -> Reply:
        """Answer; the k-th equal question of a purpose is its k-th draw, with a seed of its own."""
        plain = self._gateway.request(self._target, messages, schema, seed=0)
        asked = f"{purpose} {key(plain)}"
        draw = self._draws[asked]
        self._draws[asked] += 1
        seeded = plain.sampling.model_copy(
            update={"seed": self._sampling_seed(purpose, draw)}
        )
        request = plain.model_copy(update={"sampling": seeded, "draw": draw})
        return await self._gateway.answer(
            self._target,
            request,
            seat=self._seat,
            episode=self._episode,
            purpose=purpose,
        )

    def _sampling_seed(self, purpose: str, draw: int) -> int:
        """Return a seed below 2**31, as llama.cpp reads 2**32 - 1 as "any"."""
        words = (self._seed, self._episode, _word(self._seat), _word(purpose), draw)
        return int(np.random.SeedSequence(words).generate_state(1)[0] >> 1)


def _read(reply: Reply, request: ModelRequest) -> Reply:
    """Return a reply with its value where one can be read without a guess."""
    if request.schema_ is None:
        return reply
    try:
        return reply.model_copy(update={"value": json_object(reply)})
    except ValueError:
        return reply


def _word(text: str) -> int:
    return zlib.crc32(text.encode())
