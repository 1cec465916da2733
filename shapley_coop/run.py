"""A run: many episodes at once, written in order, resumed where it was cut, replayed exactly."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

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
from shapley_coop.llm.cassette import Cassette
from shapley_coop.llm.gateway import Gateway, Mode, SeatAsker
from shapley_coop.metrics import summary
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
    """The gateway and the cast of one run, and what each episode has spent."""

    def __init__(self, config: Config, calls: Path | None, *, mode: Mode) -> None:
        self.config = config
        self.game = make_game(config)
        check_worth(self.game, config)
        self.cast = Cast(config, self.game, self._ask_for, self._spent)
        cassette = Cassette(calls, writable=mode != "replay")
        self.gateway = Gateway(
            config.model, cassette, mode=mode, concurrency=config.run.concurrency
        )
        for model in self.cast.models:
            self.gateway.open(model)
        self.baseline = None
        if config.worth.kind == "replay" and absence(self.game, config.worth.absence) == "baseline":
            self.baseline = policy(config.worth.baseline, config.run.seed)
        self._askers: dict[int, list[SeatAsker]] = {}

    def _ask_for(self, model: str, seat: Seat, episode: int) -> SeatAsker:
        asker = self.gateway.seat(model, seat=seat, episode=episode, seed=self.config.run.seed)
        self._askers.setdefault(episode, []).append(asker)
        return asker

    def _spent(self, episode: int) -> tuple[int, int]:
        tallies = [t for asker in self._askers.get(episode, []) for t in asker.tally.values()]
        return sum(t.calls for t in tallies), sum(t.tokens for t in tallies)

    async def episode(self, index: int, recorder: EpisodeRecorder) -> None:
        """Play one episode and record it; a game that breaks ends its episode, not the run."""
        began = time.perf_counter()
        try:
            episode = await play(
                self.game.fresh(),
                self.cast,
                self.config,
                index=index,
                recorder=recorder,
                baseline=self.baseline,
            )
        except GameError as error:
            recorder.emit("error", phase="play", reason=str(error))
            episode = Episode(
                index=index,
                seed=episode_seed(self.config.run.seed, index),
                status="failed",
                error=str(error),
                seats=self.game.seats,
                seconds=time.perf_counter() - began,
            )
        self._askers.pop(index, None)
        recorder.finish(episode)


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
    check = Session(
        config, None, mode="auto"
    )  # what cannot be opened fails before a folder is made
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
        return await _played(writer, config, "auto", executor)


async def replay(source: RunFolder, runs_dir: Path) -> tuple[RunFolder, Difference | None]:
    """Play a run again from its recorded calls alone; return it and where its events differ.

    Raises:
        ModelError: the run asks something that was not recorded.
    """
    writer = RunWriter.create(runs_dir, source.config, clock=time.time, templates=prompts.digests())
    with writer:
        if source.calls.exists():
            shutil.copyfile(source.calls, writer.folder.calls)
        again = await _played(writer, source.config, "replay", None)
    return again, first_difference(source.events_file, again.events_file)


async def _played(
    writer: RunWriter, config: Config, mode: Mode, executor: Executor | None
) -> RunFolder:
    session = Session(config, writer.folder.calls, mode=mode)
    execute = executor or in_process(config.run.concurrency)

    def task(index: int) -> Callable[[], Coroutine[Any, Any, None]]:
        return lambda: session.episode(index, writer.recorder(index))

    try:
        await execute(task(index) for index in range(writer.next, config.run.episodes))
        folder = _finish(writer, "done")
    except ShapleyCoopError as failure:
        status: RunStatus = "limit" if isinstance(failure, LimitReached) else "failed"
        with suppress(ShapleyCoopError):  # the first failure is the one to tell
            _finish(writer, status, str(failure))
        raise
    except (asyncio.CancelledError, KeyboardInterrupt):
        _finish(writer, "cancelled", "stopped by the user")
        raise
    finally:
        await session.gateway.close()
    return folder


def _finish(writer: RunWriter, status: RunStatus, error: str = "") -> RunFolder:
    folder = writer.finish(status, summary(writer.episodes(), status=status), error)
    markdown.write(gather(folder))
    return folder
