"""How far a study is: cells and episodes that have ended, what they cost, and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shapley_coop.studies.cells import Spent


@dataclass
class StudyProgress:
    """How far a study is."""

    cells: int
    """How many it has."""
    episodes: int
    """How many episodes they have together."""
    cells_ended: int = 0
    """Cells that were played or failed, in this session or before."""
    failures: int = 0
    """Cells that failed."""
    episodes_ended: int = 0
    """Episodes that are recorded, and those that no ended cell plays any more."""
    episodes_now: int = 0
    """Those that were played in this session."""
    spent: Spent = field(default_factory=Spent)
    """What all ended cells have spent."""
    began: float = field(default_factory=time.monotonic)

    @property
    def rate(self) -> float:
        """Episodes a second in this session."""
        elapsed = time.monotonic() - self.began
        return self.episodes_now / elapsed if elapsed > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """The time that is left at this rate. None before the first episode has ended."""
        if not self.episodes_now:
            return None
        return (self.episodes - self.episodes_ended) / self.rate


Listener = Callable[[StudyProgress], None]


def hear_nothing(_progress: StudyProgress) -> None:
    """Take no note of how far a study is."""
