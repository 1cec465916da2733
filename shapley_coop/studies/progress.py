"""How far a study is: cells and episodes that have ended, what they cost, and the time left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shapley_coop.runs.store import Event
from shapley_coop.studies.stock import Spent


@dataclass
class StudyProgress:
    """How far a study is."""

    cells: int
    """How many it has."""
    episodes: int
    """How many episodes they have together."""
    unit: str = "episode"
    """What one of these is called. Those of a dry run are made up."""
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
    heard: dict[str, set[int]] = field(default_factory=dict)
    """The episodes that were heard to end in this session, by the address of their cell."""

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

    def end_cell(self, key: str, episodes: int, *, failure: bool = False) -> None:
        """Count a cell as ended, and of its episodes those that were not heard to end.

        Args:
            key: the address of the cell.
            episodes: how many it has.
            failure: whether it came to nothing.
        """
        self.cells_ended += 1
        self.failures += failure
        # What it did not play will not be played any more in this session.
        self.episodes_ended += episodes - len(self.heard.get(key, ()))


Listener = Callable[[StudyProgress], None]


def hear_nothing(_progress: StudyProgress) -> None:
    """Take no note of how far a study is."""


def episodes_of_cell(
    key: str, progress: StudyProgress, listen: Listener
) -> Callable[[Event], None]:
    """Return what is told of the events of a cell, counts its episodes, and tells of each."""
    heard = progress.heard.setdefault(key, set())

    def hear(event: Event) -> None:
        # Credit is the last thing that happens in an episode, which may be played again.
        if event.kind == "credit" and event.episode not in heard:
            heard.add(event.episode)
            progress.episodes_ended += 1
            progress.episodes_now += 1
            listen(progress)

    return hear
