"""The folder of a course: found again by its order if it was cut, and its card at the end."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shapley_coop.llm.backends.policy import CARD_FILE
from shapley_coop.llm.secrets import refuse_keys
from shapley_coop.runs.store.files import replace, storage_error

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ORDER_FILE = "order.json"
"""What a course was asked for."""


def course_folder(order: DataclassInstance, name: str, runs_dir: Path) -> Path:
    """Return the folder of a course: that of an unfinished one of the same order, or a new one.

    Args:
        order: what the course is asked for. All that is in it must go into JSON.
        name: what the course is called.
        runs_dir: where folders are made.

    Raises:
        StorageError: the folder cannot be made.
        ConfigError: the order or the name of the folder holds a key.
    """
    asked = json.loads(json.dumps(asdict(order)))
    refuse_keys(asked, runs_dir / name)
    for path in sorted(runs_dir.glob(f"*/{ORDER_FILE}")):
        is_finished = (path.parent / CARD_FILE).is_file()
        if not is_finished and _order_in(path) == asked:
            return path.parent
    text = json.dumps(asked, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    folder = _unused(runs_dir / f"{stamp}-{name}-{digest}")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise storage_error(folder, "make", error) from error
    replace(folder / ORDER_FILE, text)
    return folder


def _order_in(path: Path) -> Any:
    """Return what a file says that a course was asked for, or None where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        # Another course's damaged folder must not keep this one from being trained.
        return None


def _unused(folder: Path) -> Path:
    """Return a folder's name, with a number behind it if the second has seen it before."""
    number, free = 1, folder
    while free.exists():
        number += 1
        free = folder.with_name(f"{folder.name}-{number}")
    return free


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write what a policy is into its folder, in one step.

    Raises:
        StorageError: the folder cannot be written.
    """
    replace(folder / CARD_FILE, json.dumps(card, indent=1))
