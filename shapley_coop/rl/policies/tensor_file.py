"""Tensors by name as a file that is written in one step, and read only if all of it is whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from shapley_coop.errors import InputError
from shapley_coop.runs.store.files import replace_by


def write_tensors(path: Path, tensors: Mapping[str, Any]) -> None:
    """Write tensors and plain values by name, in one step.

    Raises:
        StorageError: the disk refused. What was there before stays.
    """
    # Into memory first, since torch does not say of a full disk that it is one.
    content = io.BytesIO()
    torch.save(dict(tensors), content)
    replace_by(path, lambda draft: draft.write_bytes(content.getbuffer()))


def read_tensors(path: Path, device: torch.device, advice: str) -> dict[str, Any]:
    """Return what `write_tensors` has written, with its tensors on a device.

    Args:
        path: the file.
        device: where its tensors go.
        advice: what to do if it is damaged.

    Raises:
        InputError: the file is damaged.
    """
    try:
        # torch reads changed numbers as they are, but the sums of the archive tell of them.
        with zipfile.ZipFile(path) as archive:
            changed = archive.testzip()
        if changed is not None:
            raise zipfile.BadZipFile(f"{changed} has changed")
        found: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
    # A damaged file fails in as many ways as there are parts of one.
    except (
        *(OSError, RuntimeError, ValueError, EOFError, KeyError),
        *(NotImplementedError, UnpicklingError, zipfile.BadZipFile),
    ) as error:
        raise InputError(f"{str(path)!r} is damaged ({error}); {advice}") from error
    return found
