"""Where the tracebacks of failed episodes are kept, for whoever wrote what failed."""

from __future__ import annotations

from pathlib import Path
from traceback import format_exception

from shapley_coop.llm.secrets import redact
from shapley_coop.runs.store.files import Appender

TRACEBACKS = "tracebacks.txt"
"""The file in a run folder. It is absent where nothing broke."""


def keep_traceback(folder: Path, heading: str, error: BaseException) -> None:
    """Add the traceback of an error, with those of its causes, to a run folder.

    Args:
        folder: the run folder.
        heading: what failed, such as an episode.
        error: the failure.

    Raises:
        StorageError: the disk refused.
    """
    add_traceback(folder, traceback_text(heading, error))


def traceback_text(heading: str, error: BaseException) -> str:
    """Return the traceback of an error under a heading, without keys."""
    lines = "".join(format_exception(error))
    # Code of others may hold a key in any line that a traceback shows.
    return redact(f"== {heading} ==\n{lines}\n")


def add_traceback(folder: Path, text: str) -> None:
    """Add the text of a traceback to a run folder.

    Raises:
        StorageError: the disk refused.
    """
    file = Appender(folder / TRACEBACKS)
    try:
        file.append(text.encode("utf-8", "backslashreplace"))
    finally:
        file.close()


def read_tracebacks(folder: Path) -> str:
    """Return all tracebacks that were kept of a run, an empty text if there are none."""
    try:
        return (folder / TRACEBACKS).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
