"""One writer to a run folder: a lock that the system releases when its process dies."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from shapley_coop.errors import RunTakenError
from shapley_coop.runs.store.files import storage_error

# A name of its own, since a lock on a file that is replaced would be lost with it.
NAME = ".lock"


def take(folder: Path) -> int:
    """Lock a run folder and return the handle to give back.

    Raises:
        RunTakenError: another process, or another call in this one, holds it.
        StorageError: the folder cannot be written.
    """
    path = folder / NAME
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise storage_error(path, "open", error) from error
    # The system gives the lock back when a process dies, however it dies.
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise RunTakenError(
            f"another process is writing {str(folder)!r}, or another call in this one; "
            "wait for it to end, or stop it"
        ) from error
    except OSError as error:
        os.close(handle)
        raise storage_error(path, "lock", error) from error
    return handle


def give_back(handle: int) -> None:
    """Release a lock."""
    os.close(handle)


def is_taken(folder: Path) -> bool:
    """Return whether a process is writing the run folder."""
    try:
        handle = os.open(folder / NAME, os.O_RDWR)
    except OSError:
        return False
    # Taken for a moment to see whether that can be done. Closing gives it back.
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False
