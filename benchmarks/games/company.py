"""What the benchmarks of games share: one kind of agent at every seat, and 95 % intervals."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence

import numpy as np

from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import Dice, generator
from shapley_coop.interfaces.agent import Agent, Place
from shapley_coop.interfaces.game import Game
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.store import NullRecorder
from shapley_coop.simulation.episode import play
from shapley_coop.simulation.measurement.potential import Potential


class Company:
    """Every seat played by one kind of agent."""

    def __init__(self, factory: Callable[[Place], Agent]) -> None:
        self.factory = factory

    def agent(self, seat: Seat, game: Game, episode: int) -> Agent:
        return self.factory(Place(seat, game.fresh(), generator(0, episode, seat)))

    decides_unseeded = False

    def agents(
        self, game: Game, episode: int, present: Sequence[Seat], dice: Dice
    ) -> dict[Seat, Agent]:
        return {seat: self.agent(seat, game, episode) for seat in present}

    def substitute(self, seat: Seat, game: Game, episode: int) -> Agent | None:
        return None

    def calls_and_tokens(self, episode: int) -> tuple[int, int]:
        return 0, 0


def episodes(
    game: Game, factory: Callable[[Place], Agent], config: Config, count: int
) -> list[Episode]:
    """Return `count` episodes, one a seed."""

    potential = Potential(game, config.worth, config.run.seed)

    async def run() -> list[Episode]:
        company = Company(factory)
        return [
            await play(
                game,
                company,
                config,
                index=index,
                recorder=NullRecorder(),
                potential=potential,
            )
            for index in range(count)
        ]

    return asyncio.run(run())


def mean_with_error(values: Sequence[float]) -> str:
    """Return a mean with one standard error."""
    data = np.asarray(values, dtype=float)
    error = data.std(ddof=1) / math.sqrt(len(data))
    return f"{data.mean():.2f} ± {error:.2f}"
