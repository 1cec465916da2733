"""Files of training on disk: written in one step, or refused with a sentence."""

import errno
import os

import numpy as np
import pytest
import torch

from shapley_coop.errors import InputError, StorageError
from shapley_coop.llm.backends.policy import ADAPTER_FILE, CARD_FILE
from shapley_coop.rl.policies.adapter_file import write_gguf_adapter
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


@pytest.mark.parametrize("cut", [0, 10, -10])
def test_a_damaged_checkpoint_is_told(tmp_path, cut):
    write_state(tmp_path, {"x": torch.arange(99)})
    whole = (tmp_path / STATE_FILE).read_bytes()
    (tmp_path / STATE_FILE).write_bytes(whole[:cut])
    with pytest.raises(InputError, match="remove it"):
        read_state(tmp_path, CPU)
