"""What a working program is to learn, as a file that is missing."""

from __future__ import annotations

from typing import NamedTuple


class Feature(NamedTuple):
    """A file that is missing, and what is asked of it."""

    path: str
    code: str
    imports: str
    words: str
    checks: str
