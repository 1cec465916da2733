"""What a reproduction shows: tables beside the paper's, what is held to, and what contradicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.records import Episode
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.runs.statistics.tables import estimates_of
from shapley_coop.studies.cells import episodes_of
from shapley_coop.studies.paper.configurations import CONFIGURATION
from shapley_coop.studies.paper.published import INCONSISTENCIES, SOURCE
from shapley_coop.studies.results import StudyResult, trouble_tables
from shapley_coop.studies.tables import StudyTable


class Bar(NamedTuple):
    """Something that a reproduction is held to."""

    what: str
    bar: str
    figure: str
    holds: bool | None
    """None where the plays do not tell."""


class Reproduction(NamedTuple):
    """A part of the paper that was played again."""

    result: StudyResult
    tables: tuple[StudyTable, ...]
    bars: tuple[Bar, ...]
    inconsistencies: tuple[str, ...]
    """Keys of what is wrong in the published tables beside it."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        tables = [table._asdict() for table in self.tables]
        wrong = {name: INCONSISTENCIES[name] for name in self.inconsistencies}
        rows = []
        for settings, episodes in by_settings(self.result).items():
            estimates = estimates_of(episodes)
            measures = {name: row.as_json() for name, row in estimates.items()}
            row = {"configuration": dict(settings), "measures": finite_values(measures)}
            rows.append(row)
        return {
            "study": self.result.name,
            "source": SOURCE,
            "folder": str(self.result.folder),
            "status": self.result.status,
            "configurations": rows,
            "tables": tables,
            "bars": [bar._asdict() for bar in self.bars],
            "inconsistencies": wrong,
            "spent": self.result.spending._asdict(),
        }

    def all_tables(self) -> list[StudyTable]:
        """Return the tables, with the bars and the published contradictions below them."""
        rows = []
        for bar in self.bars:
            verdict = {True: "holds", False: "MISSED", None: "not told"}[bar.holds]
            rows.append((bar.what, bar.bar, bar.figure, verdict))
        header = ("what", "bar", "measured", "")
        held = StudyTable("What it is held to", header, tuple(rows))
        wrong = tuple(
            f"{name}: {INCONSISTENCIES[name]}" for name in self.inconsistencies
        )
        contradictions = StudyTable(
            "Where the published tables contradict", (), (), wrong
        )
        note = f"Runs are in {self.result.folder}."
        if not self.result.outcomes:
            note = "Nothing was played: what is shown follows from what was printed."
        runs = StudyTable("Runs", (), (), (note,))
        return [*self.tables, held, contradictions, *trouble_tables(self.result), runs]


Key = tuple[tuple[str, Any], ...]


def by_settings(result: StudyResult) -> dict[Key, list[Episode]]:
    """Return the episodes of each cell, by what tells it from the others."""
    rows = {}
    for outcome in result.outcomes:
        rows[tuple(outcome.cell.settings.items())] = episodes_of([outcome])
    return rows


def by_configuration(
    result: StudyResult, **marks: Any
) -> dict[str, dict[str, SampleEstimate]]:
    """Return every measure of each configuration, of the cells that have some marks."""
    rows = {}
    for key, episodes in by_settings(result).items():
        settings = dict(key)
        name = settings.pop(CONFIGURATION)
        if settings == marks:
            rows[name] = estimates_of(episodes)
    return rows


def episodes_by_configuration(
    result: StudyResult, **marks: Any
) -> Mapping[str, Sequence[Episode]]:
    """Return the episodes of each configuration, of the cells that have some marks."""
    rows = {}
    for key, episodes in by_settings(result).items():
        settings = dict(key)
        name = settings.pop(CONFIGURATION)
        if settings == marks:
            rows[name] = episodes
    return rows
