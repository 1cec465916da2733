"""What came of the cells of a study: how each ended, and the run that it left."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from shapley_coop.records import Episode
from shapley_coop.runs.store import RunFolder
from shapley_coop.studies.cells import StudyCell
from shapley_coop.studies.stock import RunStock

CellStatus = Literal["done", "failed", "limit", "waiting"]
"""How a cell ended. `waiting` is one that was not played, since a limit of the study was met."""


class CellOutcome(NamedTuple):
    """What came of a cell."""

    cell: StudyCell
    status: CellStatus
    run: RunFolder | None = None
    """Its run. None if it could not be begun, or was not played."""
    error: str = ""
    """Why it failed, or which limit was met."""
    changes: tuple[str, ...] = ()
    """What it was made with otherwise than it would be now, in words."""
    stock: RunStock = RunStock()
    """What its run holds and has spent."""

    @property
    def path(self) -> Path | None:
        """The folder of its run."""
        return None if self.run is None else self.run.path

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        return {
            "cell": self.cell.key,
            "settings": dict(self.cell.settings),
            "status": self.status,
            "run": None if self.run is None else str(self.run.path),
            "error": self.error,
            "changes": list(self.changes),
            "episodes": self.stock.recorded,
            "broken": self.stock.broken,
            "spent": self.stock.spent._asdict(),
        }


def outcome_of_limits(cell: StudyCell, budget: Mapping[str, float]) -> CellOutcome:
    """Return the outcome of a cell for which the limits of its study leave nothing."""
    names = [f"limits.{name}" for name, amount in budget.items() if amount <= 0]
    reason = f"{' and '.join(names)} of the study is used up"
    return CellOutcome(cell, "waiting", None, reason)


def episodes_of(outcomes: Iterable[CellOutcome]) -> list[Episode]:
    """Return the recorded episodes of cells, in their order. Damaged runs have none."""
    episodes: list[Episode] = []
    for outcome in outcomes:
        if outcome.run is not None and not outcome.stock.damage:
            episodes.extend(outcome.run.episodes())
    return episodes
