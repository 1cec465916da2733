"""What an executor is: it plays episodes anywhere, and hands them to the one desk of their run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from shapley_coop.agents.roles import roles_of
from shapley_coop.config.sections import Config
from shapley_coop.errors import ConfigError
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Reply
from shapley_coop.llm.gateway import Gateway
from shapley_coop.runs.store import Parcel, PeopleMemory, RunWriter
from shapley_coop.simulation.executors.player import RunJob, portable
from shapley_coop.simulation.executors.relay import ModelQuestion


@dataclass(frozen=True)
class Desk:
    """What a run has once, wherever its episodes are played."""

    config: Config
    """What is played."""
    game: Game
    """Any instance of the configured game."""
    gateway: Gateway
    """Asks the models of all seats, records every answer and keeps the budget."""
    people: PeopleMemory
    """What people answered."""
    writer: RunWriter
    """The one writer of the run folder."""

    def take(self, parcel: Parcel) -> None:
        """Record an episode that was played elsewhere.

        Raises:
            StorageError: the disk refused.
        """
        self.writer.take(parcel)
        self.gateway.end(parcel.episode)

    @property
    def job(self) -> RunJob:
        """What a player elsewhere has to know."""
        return RunJob(self.config, self.gateway.mode, tuple(sys.path))

    async def answer(self, question: ModelQuestion) -> Reply | Exception:
        """Return what the gateway makes of a player's question, a failure too."""
        try:
            return await self.gateway.answer(*question)
        except Exception as error:  # noqa: BLE001 - whoever asked has to hear of it
            return portable(error)


class Executor(Protocol):
    """Plays episodes of a run, each exactly once."""

    async def __call__(self, desk: Desk, indices: Sequence[int]) -> None:
        """Play the episodes of these numbers. The first failure ends all and is raised."""
        ...


def refuse_people(config: Config, game: Game) -> None:
    """Raise ConfigError if a person sits at a seat, who can be asked in this process alone."""
    roles = roles_of(game, config.agent, config.seats, config.model.name)
    for seat, role in roles.items():
        if role.decides_unseeded and role.model is None:
            raise ConfigError(
                f"a person sits at {seat!r}, and people are asked by the process that they "
                "started; leave workers out",
                field="workers",
            )
