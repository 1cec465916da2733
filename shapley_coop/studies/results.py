"""What came of a study: its cells, and every measure of each group of cells that differ by seed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, NamedTuple

from shapley_coop.errors import GameError, LimitReached
from shapley_coop.records.words import clean, count_text, number, setting_text
from shapley_coop.runs.figures import finite_values
from shapley_coop.runs.statistics.estimates import SampleEstimate
from shapley_coop.runs.statistics.tables import estimates_of
from shapley_coop.runs.store.files import replace
from shapley_coop.studies.outcomes import CellOutcome, episodes_of
from shapley_coop.studies.stock import Spent, total_of
from shapley_coop.studies.tables import StudyTable, estimate_text

SCHEMA_VERSION = 1
FILE = "study.json"
"""What the folder of a study keeps of its result, beside its runs."""
SHOWN = ("success", "welfare", "payoff_gap", "rounds", "tokens", "cost")
"""The measures that the table of a sweep has room for, where one is not 0. `--json` has all."""
_SEED = "run.seed"
_MOST_TROUBLE = 20
_BROKEN_RULE = (
    "As for a single run, broken episodes make the command end with an error only where a cell "
    "has no others."
)
StudyStatus = Literal["done", "failed", "limit"]


class CellGroup(NamedTuple):
    """Cells that differ by their seed alone."""

    settings: Mapping[str, Any]
    """What tells the group from others."""
    episodes: int
    """Recorded episodes of its cells."""
    broken: int
    """Those of them that broke or met a limit."""
    measures: Mapping[str, SampleEstimate]
    """Every measure over them."""

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints of it."""
        measures = {name: row.as_json() for name, row in self.measures.items()}
        return {
            "settings": dict(self.settings),
            "episodes": self.episodes,
            "broken": self.broken,
            "measures": finite_values(measures),
        }


@dataclass(frozen=True)
class StudyResult:
    """A study that was played as far as it could be."""

    name: str
    folder: Path
    outcomes: tuple[CellOutcome, ...]

    @property
    def status(self) -> StudyStatus:
        """Whether all was played, a cell failed, or a limit was met.

        A cell ends as its run does: one episode that was played to its end is a result.
        """
        endings = {outcome.status for outcome in self.outcomes}
        # A limit comes first: a higher one lets the study go on, whatever failed.
        if endings & {"limit", "waiting"}:
            return "limit"
        return "failed" if "failed" in endings else "done"

    @property
    def exit_code(self) -> int:
        """The code that a command ends with."""
        codes = {"failed": GameError.exit_code, "limit": LimitReached.exit_code}
        return codes.get(self.status, 0)

    @property
    def episodes(self) -> int:
        """The recorded episodes of all cells."""
        return sum(outcome.stock.recorded for outcome in self.outcomes)

    @property
    def failures(self) -> int:
        """Those of them that broke or met a limit."""
        return sum(outcome.stock.broken for outcome in self.outcomes)

    def ending(self) -> dict[str, Any]:
        """Return what `--json` prints first of any study: what it is, and how it ended."""
        return {
            "study": self.name,
            "folder": str(self.folder),
            "status": self.status,
            "episodes": self.episodes,
            "broken": self.failures,
        }

    @property
    def spending(self) -> Spent:
        """What all cells have spent together."""
        return total_of(outcome.stock.spent for outcome in self.outcomes)

    @cached_property
    def groups(self) -> tuple[CellGroup, ...]:
        """The groups of cells, in the order of their first cells. They are read once."""
        members: dict[str, list[CellOutcome]] = {}
        for outcome in self.outcomes:
            # Settings may hold lists and tables, which no key of a dictionary can be.
            text = json.dumps(without_seed(outcome), sort_keys=True, default=str)
            members.setdefault(text, []).append(outcome)
        groups = []
        for outcomes in members.values():
            episodes = episodes_of(outcomes)
            settings = without_seed(outcomes[0])
            broken = sum(outcome.stock.broken for outcome in outcomes)
            measures = estimates_of(episodes)
            groups.append(CellGroup(settings, len(episodes), broken, measures))
        return tuple(groups)

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        return {
            "schema_version": SCHEMA_VERSION,
            **self.ending(),
            "cells": [outcome.as_json() for outcome in self.outcomes],
            "groups": [group.as_json() for group in self.groups],
            "spent": self.spending._asdict(),
        }

    def write(self) -> None:
        """Keep the result in the folder of the study.

        Raises:
            StorageError: the disk refused.
        """
        text = json.dumps(self.as_json(), indent=1, allow_nan=False)
        replace(self.folder / FILE, text + "\n")


def without_seed(outcome: CellOutcome) -> dict[str, Any]:
    """Return what tells the group of a cell from other groups."""
    settings = dict(outcome.cell.settings)
    settings.pop(_SEED, None)
    return settings


def result_tables(result: StudyResult) -> list[StudyTable]:
    """Return a sweep as tables: its groups, then the cells that did not end well."""
    groups = result.groups
    # Single cells may set fields that others leave alone.
    fields = list(dict.fromkeys(field for group in groups for field in group.settings))
    # Without any success there is one figure to read, which is 0 %. Other zeros say nothing.
    shown = [
        name
        for name in SHOWN
        if name == "success" or any(group.measures[name].value for group in groups)
    ]
    rows = []
    for group in groups:
        labels = [_setting(group.settings.get(field)) for field in fields] or ["all"]
        cells = [estimate_text(group.measures[name]) for name in shown]
        count = plays_text(group.episodes, group.broken)
        rows.append((*labels, count, *cells))
    header = (*(fields or ["cells"]), "n", *(name.replace("_", " ") for name in shown))
    table = StudyTable(
        f"Sweep {result.name}",
        header,
        tuple(rows),
        _notes(result),
        labels=max(1, len(fields)),
    )
    return [table, *trouble_tables(result)]


def _setting(value: Any) -> str:
    return "-" if value is None else clean(setting_text(value), 60)


def plays_text(episodes: int, failures: int) -> str:
    """Return how many episodes were played to their end, of how many if some were not."""
    if not failures:
        return f"{episodes:,}"
    return f"{episodes - failures:,} of {episodes:,}"


def _verdict(result: StudyResult) -> str:
    """Return how many cells and episodes were played to their end, in words."""
    done = sum(outcome.status == "done" for outcome in result.outcomes)
    cells = count_text(len(result.outcomes), "cell")
    verdict = f"{done:,} of {cells} played to the end"
    if result.failures:
        episodes = count_text(result.episodes, "episode")
        verdict += f", and {result.failures:,} of {episodes} broke or met a limit"
    return verdict


def _notes(result: StudyResult) -> tuple[str, ...]:
    spent = result.spending
    counted = "n is the number of episodes."
    if result.failures:
        counted = (
            "n is the number of episodes that were played to their end, of how many if others "
            "broke or met a limit. Those count as no success and by what they spent, and in no "
            "other measure."
        )
    notes = [
        f"{_verdict(result)}; {spent.tokens:,} tokens, ${number(spent.cost)}, "
        f"{spent.seconds:,.1f} s.",
        f"{counted} Intervals hold with 95 percent confidence: shares by Clopper and Pearson, "
        "means by the BCa bootstrap, or Student's t below ten.",
    ]
    changed = sum(bool(outcome.changes) for outcome in result.outcomes)
    if changed:
        notes.append(
            f"{count_text(changed, 'cell')} played with other code, templates or another version "
            "than there is now; remove their folders to play them anew."
        )
    notes.append(f"Runs are in {result.folder}.")
    return tuple(notes)


def trouble_tables(result: StudyResult) -> list[StudyTable]:
    """Return a table of the cells that did not end well in all their episodes, if there are any."""
    outcomes = [
        outcome
        for outcome in result.outcomes
        if outcome.status != "done" or outcome.stock.broken
    ]
    if not outcomes:
        return []
    rows = []
    for outcome in outcomes[:_MOST_TROUBLE]:
        parts = [
            f"{field}={_setting(value)}"
            for field, value in outcome.cell.settings.items()
        ]
        label = ", ".join(parts) or outcome.cell.key
        status: str = outcome.status
        if status == "done":
            status = f"{outcome.stock.broken:,} of {outcome.stock.recorded:,} broke"
        rows.append((label, status, clean(outcome.error, 300)))
    notes = [f"{_verdict(result)}."]
    if result.failures:
        notes.append(_BROKEN_RULE)
    more = len(outcomes) - len(rows)
    if more:
        notes.append(f"{count_text(more, 'more cell')} in {FILE}.")
    header = ("cell", "status", "why")
    return [
        StudyTable("Cells that did not end well", header, tuple(rows), tuple(notes))
    ]
