"""What a reproduction shows: tables beside the paper's, what is held to, and what contradicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from shapley_coop.records import Episode
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.runs.statistics.tables import estimates_of
from shapley_coop.studies.outcomes import episodes_of
from shapley_coop.studies.paper.configurations import CONFIGURATION
from shapley_coop.studies.paper.published import INCONSISTENCIES, SOURCE
from shapley_coop.studies.results import StudyResult, plays_text, trouble_tables
from shapley_coop.studies.tables import StudyTable


class Bar(NamedTuple):
    """Something that a reproduction is held to."""

    what: str
    bar: str
    figure: str
    holds: bool | None
    """None where the plays do not tell."""


class PlayedCell(NamedTuple):
    """What a cell came to."""

    settings: Mapping[str, Any]
    """What tells it from the others."""
    episodes: Sequence[Episode]
    estimates: Mapping[str, SampleEstimate]
    """Every measure of them."""

    @property
    def plays(self) -> str:
        """How many of its episodes were played to their end, of how many if some were not."""
        failures = sum(episode.status != "done" for episode in self.episodes)
        return plays_text(len(self.episodes), failures)


class Reproduction(NamedTuple):
    """A part of the paper that was played again."""

    result: StudyResult
    cells: tuple[PlayedCell, ...]
    """What each cell of it came to."""
    tables: tuple[StudyTable, ...]
    bars: tuple[Bar, ...]
    inconsistencies: tuple[str, ...]
    """Keys of what is wrong in the published tables beside it."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        tables = [table._asdict() for table in self.tables]
        wrong = {name: INCONSISTENCIES[name] for name in self.inconsistencies}
        rows = []
        for cell in self.cells:
            measures = {name: row.as_json() for name, row in cell.estimates.items()}
            settings = dict(cell.settings)
            row = {"configuration": settings, "measures": finite_values(measures)}
            rows.append(row)
        return {
            **self.result.ending(),
            "source": SOURCE,
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


def played_cells(result: StudyResult) -> tuple[PlayedCell, ...]:
    """Return what each cell of a study came to. Every run is read here, and nowhere else."""
    cells = []
    for outcome in result.outcomes:
        episodes = tuple(episodes_of([outcome]))
        cells.append(
            PlayedCell(outcome.cell.settings, episodes, estimates_of(episodes))
        )
    return tuple(cells)


def by_configuration(
    cells: Iterable[PlayedCell], **marks: Any
) -> dict[str, PlayedCell]:
    """Return the cells that have some marks, by the name of their configuration."""
    rows = {}
    for cell in cells:
        settings = dict(cell.settings)
        name = settings.pop(CONFIGURATION)
        if settings == marks:
            rows[name] = cell
    return rows
