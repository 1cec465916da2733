"""A disk that refuses: a clear error, and nothing written before is lost."""

import os
import resource
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from shapley_coop.config.sections import Config
from shapley_coop.errors import StorageError
from shapley_coop.records import Episode
from shapley_coop.runs.store import RunFolder, RunWriter


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def fill_until_refused(
    writer: RunWriter, episode: Callable[..., Episode]
) -> StorageError:
    try:
        for index in range(writer.next, 10_000):
            recorder = writer.recorder(index)
            recorder.emit("say", phase="task", seat="player_0", text="x" * 300)
            recorder.finish(episode(index))
    except StorageError as error:
        return error
    raise AssertionError("the disk took everything")


def test_a_full_disk_keeps_what_was_written_and_the_run_goes_on_later(
    tmp_path: Path,
    config: Config,
    clock: Callable[[], float],
    episode: Callable[..., Episode],
) -> None:
    with RunWriter.create(tmp_path, config, clock=clock) as writer:
        with files_up_to(20_000):
            error = fill_until_refused(writer, episode)
            assert (
                "file too large; free some space and give the same command again"
                in str(error)
            )
            assert str(writer.path / "e") in str(error)
            with pytest.raises(StorageError):
                writer.recorder(writer.next + 1).emit("say", phase="task")
        with pytest.raises(StorageError):
            writer.recorder(writer.next).emit("say", phase="task")
        stored = writer.next
        path = writer.path
    assert stored > 10
    for name in ("events.jsonl", "episodes.jsonl"):
        assert (path / name).read_bytes().endswith(b"\n")
    run = RunFolder.open(path)
    assert len(list(run.episodes())) == stored
    assert run.manifest.status == "started"
    with RunWriter.resume(path, clock=clock) as writer:
        assert writer.next == stored
        writer.recorder(stored).finish(episode(stored))
        writer.finish("done", {})
    assert len(list(run.episodes())) == stored + 1


def test_an_old_file_survives_a_replacement_that_fails(writer: RunWriter) -> None:
    before = (writer.path / "run.json").read_text()
    with (
        files_up_to(100),
        pytest.raises(StorageError, match=r"cannot write .*file too large"),
    ):
        writer.finish("done", {"padding": "x" * 1000})
    assert (writer.path / "run.json").read_text() == before
    assert not list(writer.path.glob(".*.new"))


def test_no_half_made_run_is_left_when_the_disk_is_full(
    tmp_path: Path, config: Config, clock: Callable[[], float]
) -> None:
    with files_up_to(100), pytest.raises(StorageError, match="free some space"):
        RunWriter.create(tmp_path / "runs", config, clock=clock)
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_file_where_the_runs_folder_should_be(
    tmp_path: Path, config: Config, clock: Callable[[], float]
) -> None:
    (tmp_path / "runs").write_text("a file")
    for runs in (tmp_path / "runs", tmp_path / "runs" / "deeper"):
        with pytest.raises(StorageError, match="a file stands where") as refusal:
            RunWriter.create(runs, config, clock=clock)
        assert refusal.value.field == "runs_dir"


def mounted(folder: Path, *options: str) -> bool:
    """Mount a small file system of its own, where the system lets us."""
    mount = shutil.which("mount")
    if mount is None or os.geteuid() != 0:
        return False
    folder.mkdir(exist_ok=True)
    command = [mount, *options, str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    if not mounted(folder, "-t", "tmpfs", "-o", "size=256k", "tmpfs"):
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_really_full(
    small_disk: Path,
    config: Config,
    clock: Callable[[], float],
    episode: Callable[..., Episode],
) -> None:
    with RunWriter.create(small_disk / "runs", config, clock=clock) as writer:
        error = fill_until_refused(writer, episode)
        stored = writer.next
    assert "no space left on device; free some space" in str(error)
    assert len(list(RunFolder.open(writer.path).episodes())) == stored > 10


def test_a_read_only_disk(
    small_disk: Path, config: Config, clock: Callable[[], float]
) -> None:
    with RunWriter.create(small_disk / "runs", config, clock=clock) as writer:
        path = writer.path
    assert mounted(small_disk, "-o", "remount,ro")
    for refuse in (
        lambda: RunWriter.create(small_disk / "runs", config, clock=clock),
        lambda: RunWriter.resume(path, clock=clock),
    ):
        with pytest.raises(StorageError, match="read-only file system") as refusal:
            refuse()
        assert refusal.value.field == "runs_dir"
    assert RunFolder.open(path).config == config
