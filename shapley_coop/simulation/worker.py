"""One run's game, seats and gateway, and how one of its episodes is played and accounted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from shapley_coop.agents.cast import ConfiguredCast, policy
from shapley_coop.config.sections import Config
from shapley_coop.config.seeds import episode_seed
from shapley_coop.credit.worth.shapes import absence
from shapley_coop.errors import ConfigError, GameError, LimitReached, unknown
from shapley_coop.interfaces.game import Game
from shapley_coop.interfaces.model import Backend, Target
from shapley_coop.interfaces.plugins import load, parameters
from shapley_coop.llm import specs
from shapley_coop.llm.gateway import Gateway, Mode, SeatAsker
from shapley_coop.llm.memory.cache import Cache
from shapley_coop.llm.memory.cassette import Cassette
from shapley_coop.records import Episode, Seat
from shapley_coop.runs.store import EpisodeRecorder
from shapley_coop.simulation.episode import check_worth, play

GRACE = 1.0
"""Seconds after which an episode out of time ends even where it waits for no model's answer."""


def make_game(config: Config) -> Game:
    """Return the configured game.

    Raises:
        PluginError: there is no such game.
        ConfigError: it does not take these parameters.
    """
    factory = load("games", config.game_id)
    known = parameters(factory)
    for name in config.game_parameters:
        if name not in known:
            raise ConfigError(unknown(f"parameter of {config.game_id}", name, known))
    game = factory(**config.game_parameters)
    if not isinstance(game, Game):
        raise ConfigError(
            f"{config.game_id!r} is no game of this project: it made {game!r}"
        )
    return game


class Worker:
    """The gateway and the cast of one run.

    Args:
        config: what is played.
        calls: the cassette's file; None keeps it in memory.
        mode: `replay` asks no model.
        opened: makes the backends of models.
    """

    def __init__(
        self,
        config: Config,
        calls: Path | None,
        *,
        mode: Mode,
        opened: Callable[[Target], Backend] = specs.open_backend,
    ) -> None:
        self.config = config
        self.game = make_game(config)
        check_worth(self.game, config)
        self.cast = ConfiguredCast(config, self.game, self._ask_for, self._spent)
        cassette = Cassette(
            None if mode == "off" else calls,
            writable=mode != "replay",
            recall=mode != "record",
        )
        asks = calls is not None and mode != "replay"
        self.gateway = Gateway(
            config.model,
            cassette,
            mode=mode,
            concurrency=config.run.concurrency,
            limits=config.limits,
            cache=Cache(Path(config.model.cache))
            if config.model.cache and asks
            else None,
            opened=opened,
        )
        for model in self.cast.models:
            self.gateway.open(model)
        self.baseline = None
        if (
            config.worth.kind == "replay"
            and absence(self.game, config.worth.absence) == "baseline"
        ):
            self.baseline = policy(config.worth.baseline, config.run.seed)

    def _ask_for(self, model: str, seat: Seat, episode: int) -> SeatAsker:
        return self.gateway.seat(
            model, seat=seat, episode=episode, seed=self.config.run.seed
        )

    def _spent(self, episode: int) -> tuple[int, int]:
        tally = self.gateway.spent(episode)
        return tally.calls, tally.tokens

    async def episode(self, index: int, recorder: EpisodeRecorder) -> None:
        """Play one episode and record it.

        A game that breaks, or an episode's own time limit, ends the episode and not the run.
        """
        began = time.perf_counter()
        try:
            episode = await self._in_time(index, recorder)
        except GameError as error:
            recorder.emit("error", phase="play", reason=str(error))
            episode = self._ended(index, "failed", str(error), began)
        except LimitReached as limit:
            if limit.episode != index:
                raise
            recorder.emit("limit", phase="play", reason=str(limit))
            episode = self._ended(index, "limit", str(limit), began)
        recorder.finish(self._accounted(episode))
        self.gateway.end(index)

    async def _in_time(self, index: int, recorder: EpisodeRecorder) -> Episode:
        seconds = self.config.limits.episode_seconds
        reason = f"limits.episode_seconds = {seconds or 0:g} is reached"
        if seconds is not None:
            self.gateway.allow(index, seconds, reason)
        latest = (
            None
            if seconds is None or self.gateway.mode == "replay"
            else seconds + GRACE
        )
        try:
            async with asyncio.timeout(latest):
                return await play(
                    self.game.fresh(),
                    self.cast,
                    self.config,
                    index=index,
                    recorder=recorder,
                    baseline=self.baseline,
                )
        except TimeoutError:
            self.gateway.cut(index, reason)
            raise LimitReached(reason, episode=index) from None

    def _ended(
        self, index: int, status: Literal["failed", "limit"], error: str, began: float
    ) -> Episode:
        calls, tokens = self._spent(index)
        return Episode(
            index=index,
            seed=episode_seed(self.config.run.seed, index),
            status=status,
            error=error,
            seats=self.game.seats,
            calls=calls,
            tokens=tokens,
            seconds=time.perf_counter() - began,
        )

    def _accounted(self, episode: Episode) -> Episode:
        """Return an episode with what its calls cost and how many its credit could share."""
        tally = self.gateway.spent(episode.index)
        credit = episode.credit
        if credit is not None and tally.asked > tally.calls:
            credit = credit.model_copy(update={"saved": tally.asked - tally.calls})
        spend = self.gateway.spending(episode.index)
        return episode.model_copy(update={"spend": spend, "credit": credit})
