"""The gateway as a worker elsewhere sees it: counts are kept here, models are asked by the run."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple, Protocol

from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.interfaces.model import ModelRequest, Reply, Target, key
from shapley_coop.llm import specs
from shapley_coop.llm.gateway import Gateway
from shapley_coop.llm.money.amounts import Occasion, Tallies, Tally
from shapley_coop.llm.seat import SeatAsker
from shapley_coop.records import Seat, Spend


class ModelQuestion(NamedTuple):
    """What a seat asks a model."""

    target: Target
    request: ModelRequest
    occasion: Occasion


class TimeAllowed(NamedTuple):
    """That an episode's time has begun."""

    episode: int
    seconds: float
    reason: str


class TimeOver(NamedTuple):
    """That an episode's time is over."""

    episode: int
    reason: str


Remark = TimeAllowed | TimeOver


class Line(Protocol):
    """The way from a worker to the gateway of its run."""

    async def ask(self, question: ModelQuestion) -> Reply:
        """Return the answer of a model.

        Raises:
            ShapleyCoopError: whatever the gateway of the run raised.
        """
        ...

    def tell(self, remark: Remark) -> None:
        """Tell the gateway something that has no answer."""
        ...


class RelayedGateway:
    """Asks the gateway of the run, which alone records answers and keeps the budget.

    Args:
        config: what is played.
        seats: how many seats the game has.
        mode: `replay` asks no model.
        line: the way to the gateway of the run.
    """

    def __init__(
        self, config: Config, *, seats: int, mode: CassetteMode, line: Line
    ) -> None:
        self.mode = mode
        self._config = config
        self._seats = seats
        self._line = line
        self._tallies = Tallies()
        self._answered: defaultdict[int, set[str]] = defaultdict(set)
        self._targets: dict[str, Target] = {}

    def open(self, spec: str) -> None:
        """Raise PluginError if a spec means no model. The run opens the model itself."""
        self._target(spec)

    def seat(self, spec: str, *, seat: Seat, episode: int, seed: int) -> SeatAsker:
        """Return what one seat of one episode asks with."""
        return SeatAsker(
            self,
            self._target(spec),
            self._config.model,
            seats=self._seats,
            seat=seat,
            episode=episode,
            seed=seed,
        )

    async def answer(
        self, target: Target, request: ModelRequest, occasion: Occasion
    ) -> Reply:
        """Return the answer of the run's gateway."""
        reply = await self._line.ask(ModelQuestion(target, request, occasion))
        answered = self._answered[occasion.episode]
        name = key(request)
        self._tallies.count(reply, target.model, occasion, again=name in answered)
        answered.add(name)
        return reply

    def tally(self, episode: int) -> Tally:
        """Return what an episode came to so far."""
        return self._tallies.of_episode(episode)

    def spending(self, episode: int) -> tuple[Spend, ...]:
        """Return what an episode came to, by model, seat and purpose."""
        return self._tallies.spending(episode)

    def allow(self, episode: int, seconds: float, reason: str) -> None:
        """Set an episode's time limit."""
        self._line.tell(TimeAllowed(episode, seconds, reason))

    def record_limit(self, episode: int, reason: str) -> None:
        """Record that a limit ended an episode."""
        self._line.tell(TimeOver(episode, reason))

    def end(self, episode: int) -> None:
        """Forget an episode that is over. The run's gateway forgets it when it is recorded."""
        self._tallies.forget(episode)
        self._answered.pop(episode, None)

    def _target(self, spec: str) -> Target:
        spec = spec or self._config.model.name
        if spec not in self._targets:
            self._targets[spec] = specs.target(
                spec, self._config.model, self._config.run.concurrency
            )
        return self._targets[spec]


def hear(gateway: Gateway, remark: Remark) -> None:
    """Pass on to the gateway of a run what a worker told it."""
    if isinstance(remark, TimeAllowed):
        gateway.allow(remark.episode, remark.seconds, remark.reason)
    else:
        gateway.record_limit(remark.episode, remark.reason)
