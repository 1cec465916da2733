"""Files of training on disk: written in one step, or refused with a sentence."""

import errno
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from shapley_coop.errors import InputError, StorageError
from shapley_coop.llm.backends.policy import ADAPTER_FILE, CARD_FILE
from shapley_coop.rl.policies.adapter_file import (
    read_gguf_adapter,
    write_gguf_adapter,
)
from shapley_coop.rl.training.checkpoint import STATE_FILE, read_state, write_state
from shapley_coop.rl.training.folders import write_card

CPU = torch.device("cpu")


def write_adapter(folder, value):
    arrays = {"blk.0.attn_q.a": np.full((2, 4), value)}
    path = folder / ADAPTER_FILE
    write_gguf_adapter(path, arrays, alpha=1.0, heads=2, key_heads=1, name="x")


WRITERS = {
    STATE_FILE: lambda folder, value: write_state(folder, {"x": torch.tensor(value)}),
    CARD_FILE: lambda folder, value: write_card(folder, {"x": value}),
    ADAPTER_FILE: write_adapter,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_is_told_and_leaves_what_was_there(tmp_path, monkeypatch, name):
    if name == ADAPTER_FILE:
        pytest.importorskip("gguf")
    WRITERS[name](tmp_path, 1.0)
    before = (tmp_path / name).read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("shapley_coop.runs.store.files.os.fsync", full)
        with pytest.raises(StorageError, match=f"{name}.*free some space"):
            WRITERS[name](tmp_path, 2.0)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == before
    WRITERS[name](tmp_path, 2.0)
    assert (tmp_path / name).read_bytes() != before


def changed_in_the_middle(whole):
    middle = len(whole) // 2
    return whole[: middle - 2500] + bytes(5000) + whole[middle + 2500 :]


DAMAGES = {
    "empty": lambda whole: b"",
    "cut": lambda whole: whole[:20_000],
    "short": lambda whole: whole[:-10],
    "garbage": lambda whole: b"e" * 99,
    "changed": changed_in_the_middle,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_checkpoint_is_told(tmp_path, damage):
    write_state(tmp_path, {"x": torch.arange(9999)})
    path = tmp_path / STATE_FILE
    path.write_bytes(DAMAGES[damage](path.read_bytes()))
    with pytest.raises(InputError, match=f"{STATE_FILE}' is damaged .*; delete it"):
        read_state(tmp_path, CPU)


@pytest.mark.parametrize("length", [0, 3, 40, 200, -100])
def test_an_adapter_that_was_cut_is_told(tmp_path, length):
    pytest.importorskip("gguf")
    write_adapter(tmp_path, 1.0)
    path = tmp_path / ADAPTER_FILE
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(InputError, match=r"adapter\.gguf' .*; train the policy again"):
        read_gguf_adapter(path, heads=2, key_heads=1)


def test_a_checkpoint_of_a_size_that_the_system_refuses_is_told(tmp_path):
    # A limit of the size of files holds for the whole process, so it has one of its own.
    script = """
import resource, signal, sys
from pathlib import Path
import torch
from shapley_coop.errors import StorageError
from shapley_coop.rl.training.checkpoint import write_state
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
try:
    write_state(Path(sys.argv[1]), {"x": torch.arange(9999)})
except StorageError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "state.pt" in told
    assert "free some space" in told
    assert list(tmp_path.iterdir()) == []
