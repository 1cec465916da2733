"""What is left of code that ran in a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run of code ended, what it wrote, and what it left."""

    status: int
    """The exit status, or minus the number of the signal that ended the process."""
    stdout: str = ""
    """Bounded by `Limits.output`. Bytes that are no UTF-8 are replaced."""
    stderr: str = ""
    ended_by: str | None = None
    """The name of the limit that ended the run, such as `wall`, or None."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The regular UTF-8 files of the tree by path. Links and odd files are left out."""
    omissions: tuple[str, ...] = ()
    """Paths of the tree that `files` leaves out, with the reason."""
    seconds: float = 0.0
    """Wall time from the request to the end of the last process."""
