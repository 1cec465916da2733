"""What a course goes on from after it was cut."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from shapley_coop.rl.policies.tensor_file import read_tensors, write_tensors

STATE_FILE = "state.pt"
"""The file of all that a course goes on from."""


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write what a course goes on from. It takes the place of what was there in one step.

    Raises:
        StorageError: the disk refused. The checkpoint before it stays.
    """
    write_tensors(folder / STATE_FILE, state)


def read_state(folder: Path, device: torch.device) -> dict[str, Any]:
    """Return what the course of a folder goes on from, with its tensors on a device.

    Raises:
        InputError: the checkpoint is damaged.
    """
    advice = "delete it, and the same command begins the course anew"
    return read_tensors(folder / STATE_FILE, device, advice)
