"""A run: many episodes at once, written in order, resumed where it was cut, replayed exactly."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from shapley_coop.config.sections import CassetteMode, Config
from shapley_coop.errors import (
    CANCELLED_FROM_WITHIN,
    AgentError,
    LimitReached,
    RunFolderError,
    RunTakenError,
    ShapleyCoopError,
    cause_text,
    is_cancelled,
)
from shapley_coop.llm.memory.outside import paid_outside
from shapley_coop.llm.secrets import redact, refuse_keys
from shapley_coop.records import Episode
from shapley_coop.runs.report import markdown
from shapley_coop.runs.report.content import gather
from shapley_coop.runs.sources import ingredients_of
from shapley_coop.runs.store import (
    PEOPLE,
    Difference,
    Ingredients,
    PeopleMemory,
    RunFolder,
    RunStatus,
    RunWriter,
    changes_since,
    first_difference,
    keep_traceback,
    unfinished_runs,
    whole_part,
)
from shapley_coop.runs.store.writer import Listener
from shapley_coop.runs.summary import summarise
from shapley_coop.simulation.executors.deadline import deadline
from shapley_coop.simulation.executors.in_process import in_process
from shapley_coop.simulation.executors.port import Desk, Executor, refuse_people
from shapley_coop.simulation.shared_limits import SharedLimits
from shapley_coop.simulation.worker import check_run, make_game, open_gateway

NOTHING_PLAYED = "no episode was played to its end"
"""What ended a run in which some episodes failed and none was played through."""
Announcer = Callable[[str], None]
"""Takes sentences about runs that are continued, or cannot be."""


def say_nothing(_sentence: str) -> None:
    """Take no note of what is announced."""


async def run(
    config: Config,
    runs_dir: Path,
    *,
    resume: Path | None = None,
    anyway: bool = False,
    anew: bool = False,
    listen: Listener | None = None,
    announce: Announcer = say_nothing,
    executor: Executor | None = None,
    common: SharedLimits | None = None,
) -> RunFolder:
    """Play the configured episodes and return the run folder.

    An unfinished run of the same configuration in `runs_dir` is continued, if nothing that it is
    made with has changed since: the version of this project, the prompt templates, and the code
    of its game, agents and worth kind.

    Args:
        config: what is played.
        runs_dir: where a new run folder is made, and unfinished ones are looked for.
        resume: the run to continue.
        anyway: whether `resume` may continue a run that was made with something else.
        anew: whether unfinished runs are left alone, as by a caller who knows of them all.
        listen: takes the events as they happen.
        announce: takes a sentence about which run is continued, or why one is not.
        executor: where episodes are played. None means in this process.
        common: what several runs that are played at once may spend together.

    Raises:
        RunFolderError: the run to resume was made with something else, or is being written.
        ShapleyCoopError: as its kind says; what was written before stays and can be resumed.
    """
    # What cannot be opened or must not be written fails here, before a folder is made.
    refuse_keys(config.model_dump(mode="json"), runs_dir)
    game = await check_run(config)
    if executor is not None:
        refuse_people(config, game)
    ingredients = ingredients_of(config, game)
    writer = None
    if resume is not None:
        if not anyway:
            _require_same(RunFolder.open(resume), ingredients)
        writer = RunWriter.resume(
            resume, clock=time.time, ingredients=ingredients, listen=listen
        )
    elif not anew:
        writer = _continue(runs_dir, config, ingredients, listen, announce)
    if writer is None:
        writer = RunWriter.create(
            runs_dir, config, clock=time.time, ingredients=ingredients, listen=listen
        )
    elif writer.folder.manifest.sessions > 1:
        of = f"{writer.next} of {config.run.episodes} played"
        announce(f"continuing run {writer.path.name} ({of})")
    with writer:
        mode = config.model.cassette
        return await _play_episodes(writer, config, mode, executor, common=common)


def _require_same(run: RunFolder, ingredients: Ingredients) -> None:
    changes = changes_since(run.manifest, ingredients)
    if changes:
        raise RunFolderError(
            f"run {run.manifest.run} was made with other things than there are now: "
            f"{'; '.join(changes)}; play it anew, or resume it anyway, and it will say so",
            field="anyway",
        )


def _continue(
    runs_dir: Path,
    config: Config,
    ingredients: Ingredients,
    listen: Listener | None,
    announce: Announcer,
) -> RunWriter | None:
    """Return the writer of the newest unfinished run that goes on as it began, if there is one."""
    for cut in unfinished_runs(runs_dir, config):
        changes = changes_since(cut.manifest, ingredients)
        if changes:
            name = cut.manifest.run
            announce(f"run {name} is not continued, since it had {'; '.join(changes)}")
            continue
        # Nobody asked for this very run, so if another call was quicker a new one is made.
        with suppress(RunTakenError):
            return RunWriter.resume(cut.path, clock=time.time, listen=listen)
        return None
    return None


async def replay(
    source: RunFolder, runs_dir: Path
) -> tuple[RunFolder, Difference | None]:
    """Play a run again from its recorded calls alone, and compare every event.

    Where templates of prompts have changed since, models would be asked in other words now. Answers
    are then found by who asked for them in which order.

    Returns:
        The replay, and the first event that differs apart from time, if one does.

    Raises:
        ModelError: the run asks something that was not recorded.
    """
    ingredients = ingredients_of(source.config, make_game(source.config))
    writer = RunWriter.create(
        runs_dir, source.config, clock=time.time, ingredients=ingredients
    )
    with writer:
        # The replay answers from a copy, so that the source is never written to.
        for file in (source.calls, source.path / PEOPLE):
            if file.exists():
                shutil.copyfile(file, writer.path / file.name)
        # A run that was cut is replayed as far as its last whole episode.
        whole = whole_part(source)
        # Where prompts were worded in two ways, no single wording finds all answers.
        manifest = source.manifest
        by_place = manifest.templates != ingredients.templates or manifest.changes
        again = await _play_episodes(
            writer,
            source.config,
            "replay",
            None,
            until=whole.episodes,
            by_place=bool(by_place),
        )
    difference = first_difference(
        source.events_file,
        again.events_file,
        most=whole.events,
        kinds=source.manifest.kinds,
    )
    return again, difference


async def _play_episodes(
    writer: RunWriter,
    config: Config,
    mode: CassetteMode,
    executor: Executor | None,
    *,
    until: int | None = None,
    by_place: bool = False,
    common: SharedLimits | None = None,
) -> RunFolder:
    gateway = None
    people = None
    ending = config.run.episodes if until is None else until
    execute = executor or in_process
    status: RunStatus
    try:
        game = make_game(config)
        gateway = open_gateway(
            config,
            writer.folder.calls,
            seats=len(game.seats),
            mode=mode,
            by_place=by_place,
            purse=common.purse if common else None,
        )
        people = PeopleMemory(writer.path, asks=mode != "replay")
        desk = Desk(config, game, gateway, people, writer)
        async with deadline(config, writer, mode, common):
            await execute(desk, range(writer.next, ending))
        whole = ending == config.run.episodes
        status = _status_of(writer.episodes()) if whole else "limit"
        folder = _finish(writer, status, "" if status != "failed" else NOTHING_PLAYED)
    except Exception as failure:
        _record_failure(writer, failure)
        raise
    # A user, a deadline of the caller or a kernel may have stopped it. Nothing here knows which.
    except (asyncio.CancelledError, KeyboardInterrupt) as stop:
        fault = _from_within(stop)
        if fault is not None:
            _record_failure(writer, fault)
            raise fault from stop
        _finish(writer, "cancelled")
        raise
    finally:
        if people is not None:
            people.close()
        if gateway is not None:
            await gateway.close()
    return folder


def _from_within(stop: BaseException) -> AgentError | None:
    """Return the failure of a run that nobody stopped from without, else None."""
    if not isinstance(stop, asyncio.CancelledError) or is_cancelled():
        return None
    return AgentError(CANCELLED_FROM_WITHIN)


def _record_failure(writer: RunWriter, failure: Exception) -> None:
    """End a run by what failed, so that its folder says so and can be resumed."""
    status: RunStatus = "limit" if isinstance(failure, LimitReached) else "failed"
    reason = str(failure)
    is_ours = isinstance(failure, ShapleyCoopError)
    if not is_ours:
        reason = f"internal error: {cause_text(failure)}"
    # If the folder cannot be finished either, the first failure is still the one to show.
    with suppress(ShapleyCoopError):
        if not is_ours:
            keep_traceback(writer.path, "the run", failure)
        _finish(writer, status, redact(reason))
    if isinstance(failure, ShapleyCoopError):
        failure.folder = str(writer.path)


def _status_of(episodes: Iterable[Episode]) -> RunStatus:
    """Return how a run ended whose episodes are all recorded, from how each of them ended."""
    endings = {episode.status for episode in episodes}
    # One episode that was played to its end is a result. Without any, scripts have to be told.
    if "done" in endings:
        return "done"
    return "failed" if "failed" in endings else "limit"


def _finish(writer: RunWriter, status: RunStatus, error: str = "") -> RunFolder:
    run = writer.folder
    episodes = writer.episodes()
    figures = summarise(
        episodes,
        status=status,
        protocol=run.config.protocol,
        outside=paid_outside(run.calls, {episode.index for episode in episodes}),
    )
    totals = figures.as_json()
    folder = writer.finish(status, totals, error)
    markdown.write(gather(folder))
    return folder
