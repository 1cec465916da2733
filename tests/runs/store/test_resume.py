"""A run that was cut anywhere goes on where it was: nothing lost, nothing twice."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from shapley_coop.config.sections import Config
from shapley_coop.errors import RunFolderError
from shapley_coop.records import Episode
from shapley_coop.runs.store import (
    Ingredients,
    RunFolder,
    RunWriter,
    changes_since,
    first_difference,
    unfinished_runs,
)
from shapley_coop.runs.store.files import storage_error

PLAYER = """
import asyncio, sys, time
from pathlib import Path
from shapley_coop.config.resolve import resolve
from shapley_coop.errors import RunFolderError
from shapley_coop.records import Episode
from shapley_coop.runs.store import RunWriter, unfinished_runs

async def episode(writer, index, pause):
    recorder = writer.recorder(index)
    for step in range(4):
        recorder.emit("act", phase="play", seat="player_0", step=step, action=str(index * step))
        await asyncio.sleep(pause * ((index * 7 + step) % 3))
    recorder.finish(Episode(index=index, seed=index, seats=("player_0",)))

async def play(writer, episodes, pause):
    gate = asyncio.Semaphore(4)
    async def one(index):
        async with gate:
            await episode(writer, index, pause)
    await asyncio.gather(*(one(index) for index in range(writer.next, episodes)))

runs, pause = Path(sys.argv[1]), float(sys.argv[2])
config = resolve({"game": {"id": "escape-room"}, "run": {"episodes": 20}})
cut = next(unfinished_runs(runs, config), None)
make = (lambda: RunWriter.resume(cut.path, clock=time.time)) if cut else (
    lambda: RunWriter.create(runs, config, clock=time.time))
with make() as writer:
    print(writer.path, flush=True)
    asyncio.run(play(writer, 20, pause))
    writer.finish("done", {})
"""


def run_player(runs: Path, pause: float, seconds: float | None) -> Path:
    """Play in a process of its own. With `seconds`, kill it that long after it has begun."""
    command = [sys.executable, "-c", PLAYER, str(runs), str(pause)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        path = Path(process.stdout.readline().strip())
        if seconds is not None:
            time.sleep(seconds)
            os.kill(process.pid, signal.SIGKILL)
        return path


def test_killed_again_and_again_the_run_ends_as_if_never_cut(tmp_path: Path) -> None:
    whole = run_player(tmp_path / "whole", 0, None)
    rng = np.random.default_rng(5)
    for _ in range(6):
        path = run_player(tmp_path / "cut", 0.01, float(rng.uniform(0, 0.1)))
        # On a busy machine a run may have ended before it could be killed.
        if RunFolder.open(path).is_complete:
            break
    else:
        path = run_player(tmp_path / "cut", 0, None)
    assert [folder.name for folder in path.parent.iterdir()] == [path.name]
    assert first_difference(whole / "events.jsonl", path / "events.jsonl") is None
    assert (whole / "episodes.jsonl").read_bytes() == (
        path / "episodes.jsonl"
    ).read_bytes()
    assert json.loads((path / "run.json").read_text())["sessions"] > 1


def fill(writer: RunWriter, episode: Callable[..., Episode], indices: range) -> None:
    for index in indices:
        recorder = writer.recorder(index)
        for step in range(3):
            recorder.emit(
                "act", phase="play", seat="player_0", step=step, action=f"a{index}"
            )
        recorder.finish(episode(index))


def test_cut_at_every_byte_the_files_come_back(
    tmp_path: Path,
    config: Config,
    clock: Callable[[], float],
    episode: Callable[..., Episode],
) -> None:
    with RunWriter.create(tmp_path, config, clock=clock) as writer:
        fill(writer, episode, range(3))
        path = writer.path
    events = (path / "events.jsonl").read_bytes()
    episodes = (path / "episodes.jsonl").read_bytes()
    ends = [i + 1 for i, byte in enumerate(episodes) if byte == ord("\n")]
    rng = np.random.default_rng(0)
    for size in sorted(
        {0, len(episodes), *ends, *rng.integers(0, len(episodes), 25).tolist()}
    ):
        complete = sum(end <= size for end in ends)
        (path / "episodes.jsonl").write_bytes(episodes[:size])
        kept = events[: int(rng.integers(0, len(events) + 1))]
        (path / "events.jsonl").write_bytes(kept)
        complete = min(complete, kept.count(b"\n") // 3)
        with RunWriter.resume(path, clock=clock) as writer:
            assert writer.next == complete
            fill(writer, episode, range(complete, 3))
        assert (path / "episodes.jsonl").read_bytes() == episodes
        again = [
            json.loads(line)
            for line in (path / "events.jsonl").read_text().splitlines()
        ]
        assert [e["seq"] for e in again] == list(range(9))
        assert [e["data"]["action"] for e in again] == ["a0"] * 3 + ["a1"] * 3 + [
            "a2"
        ] * 3


def test_the_same_command_finds_its_own_cut_run(
    tmp_path: Path,
    config: Config,
    clock: Callable[[], float],
    episode: Callable[..., Episode],
) -> None:
    runs = tmp_path / "runs"
    assert list(unfinished_runs(runs, config)) == []
    made = Ingredients({"act": "aa"}, {"agent mine:A": "cc"})
    with RunWriter.create(runs, config, clock=clock, ingredients=made) as writer:
        path = writer.path
        assert list(unfinished_runs(runs, config)) == [], (
            "a run that is being written is not a cut one"
        )
    (runs / "notes.txt").write_text("not a run")
    (cut,) = unfinished_runs(runs, config)
    assert cut.path == path
    assert cut.config == config
    other = config.model_copy(update={"run": config.run.model_copy(update={"seed": 8})})
    assert list(unfinished_runs(runs, other)) == []
    with RunWriter.resume(path, clock=clock) as writer:
        writer.finish("cancelled", {})
    assert len(list(unfinished_runs(runs, config))) == 1
    with RunWriter.resume(path, clock=clock) as writer:
        fill(writer, episode, range(config.run.episodes))
        done = writer.finish("done", {"episodes": config.run.episodes})
    assert list(unfinished_runs(runs, config)) == []
    # Whoever cuts a damaged file, as its error says, has the rest played again.
    whole = (path / "episodes.jsonl").read_bytes()
    (path / "episodes.jsonl").write_bytes(whole[:-20])
    (again,) = unfinished_runs(runs, config)
    assert again.path == path
    assert (done.manifest.status, done.manifest.sessions) == ("done", 3)
    assert done.manifest.seconds > 0


@pytest.mark.parametrize("status", ["done", "limit", "cancelled"])
def test_a_run_whose_episodes_cannot_be_read_hides_no_other(
    tmp_path: Path,
    config: Config,
    clock: Callable[[], float],
    episode: Callable[..., Episode],
    status: Literal["done", "limit", "cancelled"],
) -> None:
    with RunWriter.create(tmp_path, config, clock=clock) as writer:
        cut = writer.path
    with RunWriter.create(tmp_path, config, clock=clock) as writer:
        fill(writer, episode, range(config.run.episodes))
        writer.finish(status, {"episodes": config.run.episodes})
    assert [run.path for run in unfinished_runs(tmp_path, config)] == [cut]
    file = writer.path / "episodes.jsonl"
    file.unlink()
    file.mkdir()
    assert [run.path for run in unfinished_runs(tmp_path, config)] == [cut]


def test_what_a_run_was_made_with_is_compared_and_its_change_kept(
    tmp_path: Path, config: Config, clock: Callable[[], float]
) -> None:
    made = Ingredients({"act": "aa", "rules": "bb"}, {"agent mine:A": "cc"})
    with RunWriter.create(tmp_path, config, clock=clock, ingredients=made) as writer:
        path = writer.path
    manifest = RunFolder.open(path).manifest
    assert changes_since(manifest, made) == ()
    now = Ingredients({"act": "xx", "rules": "bb"}, {"agent mine:A": "yy"})
    told = ("the prompt templates act", "the code of agent mine:A")
    assert changes_since(manifest, now) == told
    older = manifest.model_copy(update={"versions": {"shapley-coop": "0.0.1"}})
    assert changes_since(older, made)[0].startswith("shapley-coop 0.0.1 (now ")
    # What an old run did not write down is no change.
    bare = manifest.model_copy(update={"templates": {}, "code": {}, "versions": {}})
    assert changes_since(bare, now) == ()
    with RunWriter.resume(path, clock=clock, ingredients=now):
        pass
    again = RunFolder.open(path).manifest
    assert again.changes == tuple(f"from episode 0 on: {change}" for change in told)
    assert (again.templates, again.code) == (now.templates, now.code)


def test_two_processes_do_not_write_one_run(
    writer: RunWriter, clock: Callable[[], float]
) -> None:
    with pytest.raises(
        RunFolderError, match=r"another process is writing .* another call"
    ):
        RunWriter.resume(writer.path, clock=clock)


def test_a_draft_of_another_writer_is_not_taken_for_a_file(tmp_path: Path) -> None:
    there = FileExistsError(errno.EEXIST, "File exists")
    assert "another writer made it" in str(storage_error(tmp_path, "create", there))
    file = tmp_path / "file"
    file.write_text("")
    assert "a file stands where" in str(storage_error(file, "create", there))


def test_a_second_run_of_the_same_second_gets_a_name_of_its_own(
    tmp_path: Path, config: Config
) -> None:
    with (
        RunWriter.create(tmp_path, config, clock=lambda: 0.0) as one,
        RunWriter.create(tmp_path, config, clock=lambda: 0.0) as other,
    ):
        assert one.path.name.startswith("19700101T000000Z-escape-room-")
        assert other.path.name == f"{one.path.name}-2"
        assert other.folder.manifest.run == other.path.name
