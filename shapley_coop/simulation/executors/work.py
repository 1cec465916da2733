"""What a run has done elsewhere: whole episodes, or only coalitions where its episodes are few."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from itertools import count

from shapley_coop.credit.worth.kinds import worth_method
from shapley_coop.errors import AgentError
from shapley_coop.interfaces.model import Reply
from shapley_coop.interfaces.waiting import run_together
from shapley_coop.interfaces.worth_method import CoalitionPlay
from shapley_coop.records import Coalition
from shapley_coop.runs.store import Parcel
from shapley_coop.simulation.casting import configured_cast
from shapley_coop.simulation.executors.in_process import in_process
from shapley_coop.simulation.executors.player import (
    CoalitionErrand,
    EpisodeErrand,
    Errand,
    Outcome,
)
from shapley_coop.simulation.executors.port import Desk
from shapley_coop.simulation.executors.relay import ModelQuestion
from shapley_coop.simulation.executors.schedule import ErrandSchedule

COALITIONS_AT_ONCE = 64
"""Coalitions that are under way where models are asked, which are waited for most of the time."""


Do = Callable[["Work"], Awaitable[None]]
"""Does all errands of a work."""


class Work(ABC):
    """The errands of a run by number.

    Args:
        desk: the run.
        schedule: which are still to be done.
        at_once: how many are under way together at least, however few hands there are.
    """

    def __init__(self, desk: Desk, schedule: ErrandSchedule, at_once: int) -> None:
        self.desk = desk
        self.schedule = schedule
        self.at_once = at_once

    async def take(self) -> int | None:
        """Return the number of the next errand once there is one, or None when all are done."""
        return await self.schedule.take()

    def take_now(self) -> int | None:
        """Return the number of the next errand, or None if there is none now."""
        return self.schedule.take_now()

    def give_back(self, number: int) -> None:
        """Note that whoever did an errand has vanished."""
        self.schedule.give_back(number)

    async def answer(self, question: ModelQuestion) -> Reply | Exception:
        """Return what the gateway makes of the question of whoever does an errand."""
        return await self.desk.answer(question)

    def hands(self, most: int) -> int:
        """Return how many of so many hands find something to do."""
        return most

    async def carry_out(self, do: Do) -> None:
        """Have everything done, by what does all errands of this work."""
        await do(self)

    @abstractmethod
    def errand(self, number: int) -> Errand:
        """Return what is to be done."""

    @abstractmethod
    def end(self, number: int, outcome: Outcome) -> None:
        """Take what came of an errand."""

    @abstractmethod
    def fail(self, number: int, error: Exception) -> None:
        """Take what kept somebody from an errand, or raise it if it ends the run."""


class EpisodeWork(Work):
    """The episodes of a run."""

    def __init__(self, desk: Desk, indices: Sequence[int]) -> None:
        super().__init__(desk, ErrandSchedule(indices), desk.config.run.concurrency)
        self._count = len(indices)

    def hands(self, most: int) -> int:
        """Return how many of so many hands find an episode to play."""
        return min(most, self._count)

    def give_back(self, number: int) -> None:
        """Note that the player of an episode has vanished, with all that it had counted."""
        self.desk.gateway.end(number)
        super().give_back(number)

    def errand(self, number: int) -> EpisodeErrand:
        """Return the episode of this number."""
        return EpisodeErrand(number)

    def end(self, number: int, outcome: Outcome) -> None:
        """Record an episode."""
        assert isinstance(outcome, Parcel)
        self.desk.take(outcome)
        self.schedule.end(number)

    def fail(self, number: int, error: Exception) -> None:
        """Raise what ends the run, since what breaks an episode alone is recorded in it."""
        raise error


class CoalitionWork(Work):
    """The coalitions of episodes that this process plays itself."""

    def __init__(self, desk: Desk, indices: Sequence[int], at_once: int) -> None:
        super().__init__(desk, ErrandSchedule(most_ahead=None, grows=True), at_once)
        self._indices = indices
        self._numbers = count()
        self._errands: dict[int, CoalitionErrand] = {}
        self._plays: dict[int, asyncio.Future[CoalitionPlay]] = {}
        self._episodes: Counter[int] = Counter()

    async def carry_out(self, do: Do) -> None:
        """Play the episodes here, and have their coalitions done."""

        async def play() -> None:
            # Whoever does errands waits for more until this says that none will come.
            try:
                await in_process(self.desk, self._indices, self.play)
            finally:
                self.schedule.close()

        await run_together(play(), do(self))

    async def play(
        self, episode: int, coalition: Coalition, replicate: int
    ) -> CoalitionPlay:
        """Return what a coalition was worth that somebody plays again.

        Raises:
            ShapleyCoopError: whatever broke the play.
        """
        number = next(self._numbers)
        play: asyncio.Future[CoalitionPlay] = asyncio.get_running_loop().create_future()
        self._errands[number] = CoalitionErrand(episode, coalition, replicate)
        self._plays[number] = play
        self._episodes[episode] += 1
        self.schedule.add(number)
        try:
            return await play
        finally:
            del self._plays[number]
            self._episodes[episode] -= 1

    async def take(self) -> int | None:
        """Return the number of the next coalition that somebody waits for."""
        number = await super().take()
        while number is not None and self._drops(number):
            number = await super().take()
        return number

    def take_now(self) -> int | None:
        """Return the number of the next coalition, or None if there is none now."""
        number = super().take_now()
        while number is not None and self._drops(number):
            number = super().take_now()
        return number

    def _drops(self, number: int) -> bool:
        """Return whether nobody waits for a coalition any more, which then is over."""
        if number in self._plays:
            return False
        self._close(number)
        return True

    def _close(self, number: int) -> None:
        # An errand is known until it is over, also when its player has vanished.
        del self._errands[number]
        self.schedule.end(number)

    async def answer(self, question: ModelQuestion) -> Reply | Exception:
        """Return what the gateway makes of a question, if its episode still waits."""
        # An episode that has ended meanwhile must not go on asking.
        if not self._episodes[question.occasion.episode]:
            return AgentError("nobody waits for this coalition any more")
        return await super().answer(question)

    def errand(self, number: int) -> CoalitionErrand:
        """Return the coalition of this number."""
        return self._errands[number]

    def end(self, number: int, outcome: Outcome) -> None:
        """Hand what a coalition was worth to whoever waits for it."""
        assert isinstance(outcome, CoalitionPlay)
        self._close(number)
        # Whoever waited may have given up meanwhile.
        play = self._plays.get(number)
        if play is not None and not play.done():
            play.set_result(outcome)

    def fail(self, number: int, error: Exception) -> None:
        """Raise what broke a play where its worth is waited for."""
        self._close(number)
        play = self._plays.get(number)
        if play is not None and not play.done():
            play.set_exception(error)


def errand_text(errand: Errand) -> str:
    """Return the name of an errand for messages."""
    if isinstance(errand, EpisodeErrand):
        return f"episode {errand.episode}"
    members = ", ".join(sorted(errand.coalition)) or "nobody"
    return f"the coalition of {members} in episode {errand.episode}"


def work_of(
    desk: Desk, indices: Sequence[int], *, hands: int, everything: int | None = None
) -> Work:
    """Return what of a run is done elsewhere: its episodes, or their coalitions one by one.

    Args:
        desk: the run.
        indices: the numbers of the episodes.
        hands: how many can play at once.
        everything: how many episodes all runs have that share these hands. None means that this
            run has them alone.
    """
    config = desk.config
    episodes = len(indices) if everything is None else everything
    # Where episodes are fewer than hands, most hands would have nothing to do.
    if episodes >= hands or not worth_method(config.worth.kind).plays_live:
        return EpisodeWork(desk, indices)
    asks = bool(configured_cast(config, desk.game).models)
    # Without models one after the other is as fast, and holds less in memory.
    at_once = COALITIONS_AT_ONCE if asks else config.run.concurrency
    return CoalitionWork(desk, indices, at_once)
