"""Tensors on disk: what a course goes on from, and the weights that it leaves."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from shapley_coop.errors import InputError
from shapley_coop.runs.store.files import replace_by

STATE_FILE = "state.pt"
"""The file of all that a course goes on from."""


def write_state(folder: Path, state: Mapping[str, Any]) -> None:
    """Write what a course goes on from. It takes the place of what was there in one step.

    Raises:
        StorageError: the disk refused. The checkpoint before it stays.
    """
    write_tensors(folder / STATE_FILE, state)


def write_tensors(path: Path, tensors: Mapping[str, Any]) -> None:
    """Write tensors and plain values by name, in one step.

    Raises:
        StorageError: the disk refused. What was there before stays.
    """
    # Into memory first, since torch does not say of a full disk that it is one.
    content = io.BytesIO()
    torch.save(dict(tensors), content)
    replace_by(path, lambda draft: draft.write_bytes(content.getbuffer()))


def read_state(folder: Path, device: torch.device) -> dict[str, Any]:
    """Return what the course of a folder goes on from, with its tensors on a device.

    Raises:
        InputError: the checkpoint is damaged.
    """
    path = folder / STATE_FILE
    try:
        state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    # A damaged file fails in as many ways as there are parts of one.
    except (OSError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        raise InputError(
            f"cannot read the checkpoint {str(path)!r} ({error}); remove it, and the same command "
            "begins the course anew"
        ) from error
    return state
