"""The one way to ask a model: records, replays, limits and counts every call of a run."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from shapley_coop.config.sections import CassetteMode, Limits, ModelSettings
from shapley_coop.errors import LimitReached, ModelError
from shapley_coop.interfaces.model import Backend, ModelRequest, Reply, Target, key
from shapley_coop.llm import specs
from shapley_coop.llm.endpoint import Endpoint
from shapley_coop.llm.faults import Patience
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.llm.money.account import Account, open_account
from shapley_coop.llm.money.amounts import Occasion, Tallies, Tally, total
from shapley_coop.llm.money.budget import Budget
from shapley_coop.llm.seat import SeatAsker
from shapley_coop.llm.secrets import masker
from shapley_coop.llm.sharing import SharedCalls
from shapley_coop.records import Seat, Spend
from shapley_coop.records.words import whole_characters

DRAIN_SECONDS = 5.0
"""How long closing waits for answers that are paid for."""


class Deadline(NamedTuple):
    """When an episode's time is up, by the event loop's clock, and what is said then."""

    time: float
    reason: str


class Gateway:
    """Endpoints by model spec, one cassette, one budget.

    Args:
        settings: how models are asked.
        seats: how many seats the game has, with which answers grow.
        cassette: opened as `mode` needs it.
        mode: `replay` asks nobody. The others differ in how the cassette was opened.
        concurrency: most calls at once of a model in this process.
        limits: what may be spent, with what the cassette says was spent before.
        cache: answers shared by runs.
        open_backend: makes backends.
        by_place: whether recorded answers are found by who asked for them in which order, for a
            replay whose questions are worded otherwise now.
    """

    def __init__(
        self,
        settings: ModelSettings,
        cassette: Cassette,
        *,
        seats: int = 0,
        mode: CassetteMode = "auto",
        concurrency: int = 4,
        limits: Limits | None = None,
        cache: Cache | None = None,
        open_backend: Callable[[Target], Backend] = specs.open_backend,
        by_place: bool = False,
    ) -> None:
        self.mode = mode
        self.budget = Budget(limits or Limits(), cassette.spending())
        """What may be spent and what was, over all the times that the run was resumed."""
        self.tallies = Tallies()
        """What was asked since this gateway was made, answers from the record too."""
        self._settings = settings
        self._seats = seats
        self._cassette = cassette
        self._places = cassette.places() if by_place else None
        self._concurrency = concurrency
        self._cache = cache
        self._open_backend = open_backend
        self._redact = masker()
        self._targets: dict[str, Target] = {}
        self._endpoints: dict[Target, tuple[Endpoint, Account]] = {}
        self._calls = SharedCalls()
        # By episode: the requests that were answered, when time is up, which limit a replay meets.
        self._answered: defaultdict[int, set[str]] = defaultdict(set)
        self._deadlines: dict[int, Deadline] = {}
        self._recorded_limits: dict[int, str] = dict(cassette.limits)

    def seat(self, spec: str, *, seat: Seat, episode: int, seed: int) -> SeatAsker:
        """Return what one seat of one episode asks with. An empty spec is the default model.

        Raises:
            PluginError: the spec means no model.
        """
        target = self._target(spec)
        return SeatAsker(
            self,
            target,
            self._settings,
            seats=self._seats,
            seat=seat,
            episode=episode,
            seed=seed,
        )

    def open(self, spec: str) -> None:
        """Make the backend of a spec now, so that a wrong name fails before anything is played.

        Raises:
            ConfigError: a cost limit is set and the model's price is not known.
            PluginError: the spec means no model, or its backend cannot be made.
        """
        if self.mode != "replay":
            self._endpoint(self._target(spec))

    @property
    def total(self) -> Tally:
        """All calls together."""
        return total(self.tallies.rows.values())

    def tally(self, episode: int) -> Tally:
        """Return what an episode came to so far. A call that equal ones share counts once."""
        return self.tallies.of_episode(episode)

    def spending(self, episode: int) -> tuple[Spend, ...]:
        """Return what an episode came to, by model, seat and purpose."""
        return self.tallies.spending(episode)

    def allow(self, episode: int, seconds: float, reason: str) -> None:
        """Set an episode's time limit. Calls that wait when it passes raise LimitReached.

        A replay meets the limit at the same question, so nothing that was heard is lost between.
        """
        if self.mode != "replay":
            now = asyncio.get_running_loop().time()
            self._deadlines[episode] = Deadline(now + seconds, reason)

    def end(self, episode: int) -> None:
        """Forget an episode that is over."""
        self._deadlines.pop(episode, None)
        self._answered.pop(episode, None)
        self.tallies.forget(episode)

    def record_limit(self, episode: int, reason: str) -> None:
        """Record that a limit ended an episode, so that a replay ends it there too."""
        if self.mode != "replay":
            self._cassette.limit(episode, reason, self._answered[episode])

    async def close(self) -> None:
        """Let paid answers land for a moment, then stop what is under way and close everything."""
        await self._calls.drain(DRAIN_SECONDS)
        # Nothing is recorded after this, so the files close last.
        endpoints = [endpoint for endpoint, _ in self._endpoints.values()]
        await asyncio.gather(*(endpoint.close() for endpoint in endpoints))
        self._endpoints.clear()
        self._cassette.close()
        if self._cache is not None:
            self._cache.close()

    async def answer(
        self, target: Target, request: ModelRequest, occasion: Occasion
    ) -> Reply:
        """Answer from the cassette, the cache, an equal request under way, or live.

        Raises:
            ModelError: the model gave no answer, or a replay does not hold the request.
            LimitReached: a budget or the episode's time does not allow the call, or a replay
                comes to where they did not.
            StorageError: the answer could not be recorded.
        """
        episode = occasion.episode
        reply = None
        if self._places is not None:
            reply = self._places.next_reply(occasion)
        if reply is None:
            reply = self._cassette.find(request)
        if reply is None and self.mode == "replay":
            if episode in self._recorded_limits:
                raise LimitReached(self._recorded_limits[episode], episode=episode)
            raise self._cassette.missing(request)
        name = key(request)
        if reply is None:
            reply = await self._in_time(name, target, request, occasion)
        # An episode that asks the same again is given the same answer, which costs nothing more.
        again = name in self._answered[episode]
        self._answered[episode].add(name)
        self.tallies.count(reply, target.model, occasion, again=again)
        return reply

    async def _in_time(
        self, name: str, target: Target, request: ModelRequest, occasion: Occasion
    ) -> Reply:
        """Wait for an answer until the episode's time is up."""
        episode = occasion.episode
        deadline = self._deadlines.get(episode)
        until = None if deadline is None else deadline.time
        try:
            async with asyncio.timeout_at(until) as limit:
                return await self._calls.ask(
                    name, lambda: self._live(target, request, occasion)
                )
        except TimeoutError:
            # A backend's own time-out has nothing to do with the episode's.
            if deadline is None or not limit.expired():
                raise
            self.record_limit(episode, deadline.reason)
            raise LimitReached(deadline.reason, episode=episode) from None

    async def _live(
        self, target: Target, request: ModelRequest, occasion: Occasion
    ) -> Reply:
        """Answer from the cache or the model, and record the answer without keys in it."""
        endpoint, account = self._endpoint(target)
        reply = self._cache.find(request) if self._cache is not None else None
        if reply is None:
            try:
                reply = account.priced_reply(await endpoint.ask(request))
            except ModelError as fault:
                # A fatal fault ends the run, and a run that goes on must ask again.
                if not fault.fatal:
                    self._cassette.fault(request, fault)
                raise
            reply = self._harmless(reply)
            if self._cache is not None:
                self._cache.add(request, reply)
        self._cassette.add(request, reply, occasion)
        return reply

    def _harmless(self, reply: Reply) -> Reply:
        """Return a reply that can be kept: a server may repeat the key that it was sent."""
        fields = {
            "text": reply.text,
            "thinking": reply.thinking,
            "model": reply.model,
        }
        changes = {
            name: self._redact(whole_characters(text))
            for name, text in fields.items()
            if text
        }
        return reply.model_copy(update=changes)

    def _target(self, spec: str) -> Target:
        spec = spec or self._settings.name
        if spec not in self._targets:
            self._targets[spec] = specs.target(spec, self._settings, self._concurrency)
        return self._targets[spec]

    def _endpoint(self, target: Target) -> tuple[Endpoint, Account]:
        """Return the endpoint of a target and its account, opened when first asked for."""
        if target not in self._endpoints:
            account = open_account(
                target, self.budget, self._cassette, self._settings.prices
            )
            # A model in this process gains nothing from more calls than episodes at once.
            limit = self._settings.concurrency if target.remote else self._concurrency
            endpoint = Endpoint(
                target,
                self._open_backend(target),
                limit=limit,
                meter=account,
                patience=Patience(first_wait=self._settings.retry_seconds),
            )
            self._endpoints[target] = endpoint, account
        return self._endpoints[target]
