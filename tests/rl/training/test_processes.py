"""Several processes train one policy: what one learns, they learn, and the first alone speaks."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from shapley_coop.cli.main import main
from shapley_coop.errors import ConfigError
from shapley_coop.llm.backends.policy import ADAPTER_FILE, card_of
from shapley_coop.rl.policies.adapter_file import read_gguf_adapter
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.processes import (
    ALONE,
    launched_processes,
    process_count,
)
from tests.rl.training import several
from tests.rl.training.tiny import tiny_student

ROOT = Path(__file__).parents[3]
LAUNCH = (
    *(sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"),
    *("--num_processes", "2", "--main_process_port", "0", "--mixed_precision", "no"),
)
CPU = torch.device("cpu")


class CutError(Exception):
    """Ends a course in its middle."""


def cut_course(folder):
    """Leave the checkpoint of a course that one process began."""

    def stop(progress):
        if progress.steps == 7:
            raise CutError

    trainer = several.trainer_in(folder, tiny_student())
    with pytest.raises(CutError):
        trainer.train(stop)
    trainer.keep()


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """Return the folder of a run in which a model sat at every seat."""
    runs = tmp_path_factory.mktemp("stored")
    play = ["play", "escape-room", "--agent", "scripted", "--protocol", "talk"]
    main([*play, "-n", "4", "--runs-dir", str(runs), "--json"])
    (run,) = runs.iterdir()
    return run


@pytest.fixture(scope="module")
def launched(tmp_path_factory, stored):
    """Return what two processes left, and what the launcher of them said."""
    pytest.importorskip("accelerate")
    pytest.importorskip("gguf")
    folder = tmp_path_factory.mktemp("several")
    for name in ("whole", "cut", "short"):
        (folder / name).mkdir()
    cut_course(folder / "cut")
    command = [*LAUNCH, "-m", "tests.rl.training.several", str(folder), str(stored)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False
    )
    left = [
        torch.load(folder / f"process-{rank}.pt", weights_only=False) for rank in (0, 1)
    ]
    return folder, left, done


def assert_same(found, expected, most):
    """Fail where two sets of adapters differ by more than that."""
    for name, tensor in found.items():
        torch.testing.assert_close(tensor, expected[name], atol=most, rtol=0)


def test_two_processes_learn_what_one_learns(launched, tmp_path):
    _, (first, second), _ = launched
    alone = several.imitated(tmp_path)
    for name in ("imitated", "resumed", "short"):
        adapters, losses = first[name]
        # Weights are up to 0.39, and sums of another order differ in their last digit.
        assert_same(adapters, alone[0], 2e-6)
        assert losses == pytest.approx(alone[1], rel=1e-5)
        assert_same(adapters, second[name][0], 0.0)


@pytest.mark.parametrize(("name", "count"), [("reinforced", 5), ("few", 1)])
def test_two_processes_reinforce_as_one_does(launched, name, count):
    _, (first, second), _ = launched
    adapters, figures = several.reinforced(count)
    assert_same(first[name][0], adapters, 1e-5)
    assert_same(first[name][0], second[name][0], 0.0)
    for found, expected in zip(first[name][1], figures, strict=True):
        assert found._asdict() == pytest.approx(expected._asdict(), rel=1e-4)


def test_all_cut_their_steps_where_the_memory_of_one_is_short(launched):
    _, left, _ = launched
    for process in left:
        assert process["told"] == ["out of memory; each step is now cut into 2 parts"]


def test_a_failure_of_one_is_told_to_all(launched):
    _, (first, second), done = launched
    assert first["failures"] == [
        "StorageError: the disk is full",
        "ModelError: process 2 of 2 failed: ZeroDivisionError: by nothing",
    ]
    assert second["failures"] == [
        "StorageError: the disk is full",
        "ZeroDivisionError: by nothing",
    ]
    assert "error: a recurrent policy is trained by one process" in done.stderr
    assert done.returncode != 0


def test_a_command_leaves_one_folder_and_prints_once(
    launched, stored, tmp_path, monkeypatch
):
    folder, _, done = launched
    # Each command printed one line, though two processes ran it.
    printed = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(printed) == 2
    assert len(list((folder / "runs").iterdir())) == 2
    several.prepare(monkeypatch, tmp_path)
    alone = str(tmp_path / "runs")
    main([*several.IMITATE, "--runs-dir", alone])
    main([*several.REINFORCE, "--from", str(stored), "--runs-dir", alone])
    # A folder is named after the second in which it was made, then its course and its order.
    twins = {run.name.partition("-")[2]: run for run in Path(alone).iterdir()}
    for shown in printed:
        assert shown["device"].endswith("2 processes")
        run = Path(shown["run"])
        assert not (run / STATE_FILE).exists()
        twin = twins[run.name.partition("-")[2]]
        for found, expected in zip(shown["curve"], card_of(twin)["curve"], strict=True):
            assert found == pytest.approx(expected, rel=1e-4)
        assert_same(adapters_in(run), adapters_in(twin), 1e-5)


def adapters_in(policy):
    """Return the adapters of a tiny policy."""
    arrays = read_gguf_adapter(policy / ADAPTER_FILE, heads=4, key_heads=2)
    return {name: torch.from_numpy(values) for name, values in arrays.items()}


def test_one_process_needs_no_accelerate(monkeypatch):
    for variable in ("WORLD_SIZE", "RANK", "LOCAL_RANK"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setitem(sys.modules, "accelerate", None)
    assert launched_processes(CPU) is ALONE
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert process_count() == 2
    with pytest.raises(ConfigError, match=r"shapley-coop\[rl\]"):
        launched_processes(CPU)


def test_more_processes_than_gpus_are_told(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("LOCAL_RANK", "2")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(ConfigError, match="--num_processes 2"):
        launched_processes(torch.device("cuda"))
