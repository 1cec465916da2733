"""A run: many episodes at once, written in order, resumed where it was cut, replayed exactly."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Literal, Protocol

from shapley_coop import prompts
from shapley_coop.agents.cast import Cast, policy
from shapley_coop.config import Config
from shapley_coop.episode import check_worth, play
from shapley_coop.errors import (
    ConfigError,
    GameError,
    LimitReached,
    ShapleyCoopError,
    unknown,
)
from shapley_coop.game import Game
from shapley_coop.llm import specs
from shapley_coop.llm.cache import Cache
from shapley_coop.llm.cassette import Cassette
from shapley_coop.llm.gateway import Gateway, Mode, SeatAsker
from shapley_coop.llm.secrets import redact
from shapley_coop.metrics import summary
from shapley_coop.model import Backend, Target
from shapley_coop.plugins import load, parameters
from shapley_coop.records import Episode, Seat
from shapley_coop.report import markdown
from shapley_coop.report.facts import gather
from shapley_coop.seeds import episode_seed
from shapley_coop.store import (
    Difference,
    EpisodeRecorder,
    Event,
    RunFolder,
    RunStatus,
    RunWriter,
    find,
    first_difference,
)
from shapley_coop.worth import absence

Listener = Callable[[Event], None]


class Executor(Protocol):
    """Runs independent tasks; the way to other machines."""

    async def __call__(self, tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        """Run all tasks; the first failure cancels the rest and is raised."""
        ...


def in_process(concurrency: int) -> Executor:
    """Return the executor that runs tasks on this event loop, at most `concurrency` at once."""

    async def execute(tasks: Iterable[Callable[[], Coroutine[Any, Any, None]]]) -> None:
        waiting = iter(list(tasks))

        async def worker() -> None:
            for task in waiting:
                await task()

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(concurrency):
                    group.create_task(worker())
        except BaseExceptionGroup as failures:
            raise _first(failures) from failures

    return execute


def _first(failures: BaseException) -> BaseException:
    while isinstance(failures, BaseExceptionGroup):
        failures = failures.exceptions[0]
    return failures


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
        raise ConfigError(f"{config.game_id!r} is no game of this project: it made {game!r}")
    return game


class Session:
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
        self.cast = Cast(config, self.game, self._ask_for, self._spent)
        cassette = Cassette(
            None if mode == "off" else calls, writable=mode != "replay", recall=mode != "record"
        )
        asks = calls is not None and mode != "replay"
        self.gateway = Gateway(
            config.model,
            cassette,
            mode=mode,
            concurrency=config.run.concurrency,
            limits=config.limits,
            cache=Cache(Path(config.model.cache)) if config.model.cache and asks else None,
            opened=opened,
        )
        for model in self.cast.models:
            self.gateway.open(model)
        self.baseline = None
        if config.worth.kind == "replay" and absence(self.game, config.worth.absence) == "baseline":
            self.baseline = policy(config.worth.baseline, config.run.seed)

    def _ask_for(self, model: str, seat: Seat, episode: int) -> SeatAsker:
        return self.gateway.seat(model, seat=seat, episode=episode, seed=self.config.run.seed)

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
        try:
            async with asyncio.timeout(seconds if self.gateway.mode != "replay" else None):
                return await play(
                    self.game.fresh(),
                    self.cast,
                    self.config,
                    index=index,
                    recorder=recorder,
                    baseline=self.baseline,
                )
        except TimeoutError:
            reason = f"limits.episode_seconds = {seconds:g} is reached"
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


async def run(
    config: Config,
    runs_dir: Path,
    *,
    resume: Path | None = None,
    listen: Listener | None = None,
    executor: Executor | None = None,
) -> RunFolder:
    """Play the configured episodes and return the run folder.

    An unfinished run of the same configuration in `runs_dir` is continued.

    Raises:
        ShapleyCoopError: as its kind says; what was written before stays and can be resumed.
    """
    digests = prompts.digests()
    # What cannot be opened fails here, before a folder is made.
    check = Session(config, None, mode="off")
    await check.gateway.close()
    if resume is None:
        unfinished = find(runs_dir, config, digests)
        resume = unfinished.path if unfinished else None
    if resume is not None:
        writer = RunWriter.resume(resume, clock=time.time, listen=listen)
    else:
        writer = RunWriter.create(
            runs_dir, config, clock=time.time, templates=digests, listen=listen
        )
    with writer:
        return await _played(writer, config, config.model.cassette, executor)


async def replay(source: RunFolder, runs_dir: Path) -> tuple[RunFolder, Difference | None]:
    """Play a run again from its recorded calls alone; return it and where its events differ.

    Raises:
        ModelError: the run asks something that was not recorded.
    """
    writer = RunWriter.create(runs_dir, source.config, clock=time.time, templates=prompts.digests())
    with writer:
        if source.calls.exists():
            shutil.copyfile(source.calls, writer.folder.calls)
        until = source.manifest.totals.get("episodes", source.config.run.episodes)
        again = await _played(writer, source.config, "replay", None, until=until)
    return again, first_difference(source.events_file, again.events_file)


async def _played(
    writer: RunWriter,
    config: Config,
    mode: Mode,
    executor: Executor | None,
    *,
    until: int | None = None,
) -> RunFolder:
    session = Session(config, writer.folder.calls, mode=mode)
    execute = executor or in_process(config.run.concurrency)

    def task(index: int) -> Callable[[], Coroutine[Any, Any, None]]:
        return lambda: session.episode(index, writer.recorder(index))

    ending = config.run.episodes if until is None else until
    try:
        async with _deadline(config, writer, mode):
            await execute(task(index) for index in range(writer.next, ending))
        folder = _finish(writer, "done" if ending == config.run.episodes else "limit")
    except ShapleyCoopError as failure:
        status: RunStatus = "limit" if isinstance(failure, LimitReached) else "failed"
        with suppress(ShapleyCoopError):  # the first failure is the one to tell
            _finish(writer, status, redact(str(failure)))
        if isinstance(failure, LimitReached):
            told = f"{failure}; what was played is in {str(writer.path)!r}"
            raise LimitReached(told) from failure
        raise
    except (asyncio.CancelledError, KeyboardInterrupt):
        _finish(writer, "cancelled", "stopped by the user")
        raise
    finally:
        await session.gateway.close()
    return folder


@asynccontextmanager
async def _deadline(config: Config, writer: RunWriter, mode: Mode) -> AsyncIterator[None]:
    """Raise LimitReached when the run's wall time, over all its sessions, is used up."""
    seconds = config.limits.seconds
    left = None
    if seconds is not None and mode != "replay":
        left = max(0.0, seconds - writer.folder.manifest.seconds)
    try:
        async with asyncio.timeout(left):
            yield
    except TimeoutError:
        raise LimitReached(
            f"limits.seconds = {seconds:g} is reached; raise it and resume the run"
        ) from None


def _finish(writer: RunWriter, status: RunStatus, error: str = "") -> RunFolder:
    folder = writer.finish(status, summary(writer.episodes(), status=status), error)
    markdown.write(gather(folder))
    return folder
