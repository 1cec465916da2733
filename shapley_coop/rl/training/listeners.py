"""Who hears of a course: what is told as it goes, and who looks at the policy at its end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

Tell = Callable[[str], None]
"""Takes a sentence of how a course goes."""
Look = Callable[[Path], None]
"""What is done with the folder of a policy before its course counts as over."""


PACE = 2.0
"""Seconds between two sentences of how a course goes."""


class CoursePace:
    """Lets a course that makes fast steps tell of some of them alone: the first, and the last."""

    def __init__(self) -> None:
        self._told = -math.inf

    def is_time(self, count: int, whole: int) -> bool:
        """Return whether to tell that so many of the whole are done."""
        now = time.monotonic()
        if count < whole and now - self._told < PACE:
            return False
        self._told = now
        return True


def tell_nobody(text: str) -> None:
    """Say nothing of how a course goes."""


def look_away(folder: Path) -> None:
    """Do nothing with a folder."""
