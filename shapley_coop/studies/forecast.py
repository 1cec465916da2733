"""What a study would ask and cost: each cell foreseen as a run is, and added up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from shapley_coop.errors import ShapleyCoopError
from shapley_coop.llm.secrets import redact
from shapley_coop.records.words import clean, count_text
from shapley_coop.runs.report.sentences import dollars
from shapley_coop.simulation.dry_run import ExpectedCost, estimate, samples_of
from shapley_coop.studies.cells import StudyCell, refuse_keys_in
from shapley_coop.studies.progress import (
    Listener,
    StudyProgress,
    episodes_of_cell,
    hear_nothing,
)
from shapley_coop.studies.sweep_file import settings_text

_SHOWN = 40


class Foreseen(NamedTuple):
    """One cell, and what it is expected to ask."""

    cell: StudyCell
    cost: ExpectedCost | None
    """None if it cannot be played."""
    error: str = ""
    """Why it cannot be played."""


class StudyForecast(NamedTuple):
    """What all cells of a study are expected to ask together."""

    cells: tuple[Foreseen, ...]

    def as_json(self) -> dict[str, Any]:
        """Return what `--json` prints."""
        rows = []
        for foreseen in self.cells:
            row = {
                "cell": foreseen.cell.key,
                "settings": dict(foreseen.cell.settings),
                "error": foreseen.error,
            }
            # A cell that cannot be played has an error in their place.
            figures = foreseen.cost.figures() if foreseen.cost else {}
            rows.append(row | figures)
        return {"cells": rows, "models": self.models(), "episodes": self.episodes}

    @property
    def episodes(self) -> int:
        """The episodes of all cells."""
        return sum(foreseen.cell.config.run.episodes for foreseen in self.cells)

    def models(self) -> dict[str, dict[str, float | None]]:
        """Return calls, tokens and cost by model. A sum of which a part is unknown is unknown."""
        parts: dict[str, dict[str, list[float | None]]] = {}
        for foreseen in self.cells:
            models = foreseen.cost.figures()["models"] if foreseen.cost else {}
            for name, figures in models.items():
                columns = parts.setdefault(name, {})
                for key, amount in figures.items():
                    columns.setdefault(key, []).append(amount)
        totals = {}
        for name, columns in parts.items():
            totals[name] = {key: _sum(amounts) for key, amounts in columns.items()}
        return totals

    def text(self) -> str:
        """Return the forecast as lines of text."""
        lines = [f"{count_text(len(self.cells), 'cell')}, {self.episodes:,} episodes:"]
        for foreseen in self.cells[:_SHOWN]:
            settings = settings_text(foreseen.cell.settings) or "the base alone"
            line = f"  {foreseen.cell.key}  {clean(settings, 200)}"
            if foreseen.error:
                line += f"  cannot be played: {clean(foreseen.error, 200)}"
            lines.append(line)
        if len(self.cells) > _SHOWN:
            lines.append(f"  … and {len(self.cells) - _SHOWN:,} more")
        for name, total in self.models().items():
            lines.append(
                f"{clean(name, 60)}: about {total['calls']:,} calls, "
                f"{total['prompt_tokens']:,} prompt and {total['completion_tokens']:,} answer "
                f"tokens, {dollars(total['cost'])}, or {dollars(total['cost_of_full_answers'])} "
                "if every answer used all its tokens"
            )
        if not self.models():
            lines.append("no model is asked")
        return "\n".join(lines)


def _sum(amounts: Sequence[float | None]) -> float | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known) if len(known) == len(amounts) else None


def _samples_of(cell: StudyCell) -> int:
    """Return how many episodes of a cell are played: none where it cannot be played."""
    try:
        return samples_of(cell.config)
    except ShapleyCoopError:
        return 0


async def foresee(
    cells: Sequence[StudyCell], listen: Listener = hear_nothing
) -> StudyForecast:
    """Return what a study is to be expected to ask and cost. Nothing is sent.

    Args:
        cells: what would be played.
        listen: is told how far this is, at first, and after each made-up play and each cell.

    Raises:
        ConfigError: a setting holds a key.
    """
    refuse_keys_in(cells, Path())
    # Equal cells are played once.
    unique = {cell.key: cell for cell in cells}
    plays = {key: _samples_of(cell) for key, cell in unique.items()}
    progress = StudyProgress(len(plays), sum(plays.values()), unit="made-up play")
    listen(progress)
    rows = []
    for key, cell in unique.items():
        hear = episodes_of_cell(key, progress, listen)
        # A cell that cannot be played would fail alone, so here it is told of alone.
        try:
            rows.append(Foreseen(cell, await estimate(cell.config, hear)))
        except ShapleyCoopError as error:
            rows.append(Foreseen(cell, None, redact(str(error))))
        progress.end_cell(key, plays[key], failure=not rows[-1].cost)
        listen(progress)
    return StudyForecast(tuple(rows))
