"""The folder of a course: found again by its order if it was cut, and its card at the end."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from shapley_coop.errors import ConfigError, PluginError
from shapley_coop.llm.backends.policy import CARD_FILE
from shapley_coop.llm.secrets import refuse_keys
from shapley_coop.rl.training.checkpoint import STATE_FILE
from shapley_coop.rl.training.processes import ALONE, Processes
from shapley_coop.runs.store.files import replace, storage_error
from shapley_coop.runs.store.lock import give_back, take

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ORDER_FILE = "order.json"
"""What a course was asked for."""
MOST_NAME = 60
"""Characters of a folder's name that say what the course is."""


@contextmanager
def course_folder(
    order: DataclassInstance,
    name: str,
    runs_dir: Path,
    processes: Processes = ALONE,
) -> Iterator[Path]:
    """Hold the folder of a course: that of an unfinished one of the same order, or a new one.

    Nobody else can hold it meanwhile. The course is unfinished until `end_course`. A new one that
    turns out to be impossible before anything was learned leaves no folder.

    Args:
        order: what the course is asked for. All that is in it must go into JSON.
        name: what the course is called.
        runs_dir: where folders are made.
        processes: which train together. The first holds the folder for all.

    Raises:
        StorageError: the folder cannot be made.
        RunTakenError: another process trains by this order now.
        ConfigError: the order or the name of the folder holds a key.
    """
    claim = partial(_claim, order, name, runs_dir)
    claimed = processes.first(claim)
    try:
        yield claimed.folder
    except (ConfigError, PluginError):
        # Some of what cannot be trained is found out by playing. The same order would fail again,
        # unlike where a run is taken or a file is damaged, and nobody would go on with it.
        is_own = processes.rank == 0 and claimed.is_new
        if is_own and not _has_learned(claimed.folder):
            shutil.rmtree(claimed.folder, ignore_errors=True)
        raise
    finally:
        if processes.rank == 0:
            give_back(claimed.handle)


def end_course(folder: Path) -> None:
    """Mark a course as finished: nothing goes on from here."""
    (folder / STATE_FILE).unlink()


class _Claim(NamedTuple):
    """The folder of a course, as the process that holds it has found or made it."""

    folder: Path
    handle: int
    """The handle of its lock."""
    is_new: bool
    """Whether it was made for this course just now."""


def _claim(order: DataclassInstance, name: str, runs_dir: Path) -> _Claim:
    """Return the folder of a course, which nobody else can hold from now on."""
    asked = json.loads(json.dumps(asdict(order)))
    refuse_keys(asked, runs_dir / name)
    for path in sorted(runs_dir.glob(f"*/{ORDER_FILE}")):
        if _is_finished(path.parent) or _order_in(path) != asked:
            continue
        handle = take(path.parent)
        # It may have been finished just before it was taken.
        if not _is_finished(path.parent):
            return _Claim(path.parent, handle, is_new=False)
        give_back(handle)
    text = json.dumps(asked, sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    # A name may hold that of an agent, and so the path of a policy.
    word = re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:MOST_NAME]
    folder = _unused(runs_dir / f"{stamp}-{word}-{digest}")
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise storage_error(folder, "make", error) from error
    handle = take(folder)
    replace(folder / ORDER_FILE, text)
    return _Claim(folder, handle, is_new=True)


def _has_learned(folder: Path) -> bool:
    """Return whether a folder holds more than what was asked for and played for it."""
    return any((folder / name).exists() for name in (STATE_FILE, CARD_FILE))


def _is_finished(folder: Path) -> bool:
    """Return whether a policy is all that it will be, its evaluation too."""
    is_trained = (folder / CARD_FILE).is_file()
    return is_trained and not (folder / STATE_FILE).is_file()


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
