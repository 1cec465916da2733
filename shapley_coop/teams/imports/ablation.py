"""Recorded scores of coalitions as an import shows them: credit by model, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapley_coop.records.words import number
from shapley_coop.teams.imports.port import Fact, FigureTable
from shapley_coop.teams.imports.scores import CoalitionScores


@dataclass(frozen=True)
class ModelScores:
    """What coalitions scored that one model was all members of."""

    scores: CoalitionScores
    errors: int = 0
    """Runs that ended in an error, which count nowhere."""
    repeated: int = 0
    """Runs of the same task, coalition and seed as one that counts."""


@dataclass(frozen=True)
class Ablation:
    """The credit of each member of a team, by the model that was all of its members."""

    members: tuple[str, ...]
    models: Mapping[str, ModelScores]
    retries: str
    """Which of several runs of the same task, coalition and seed counts."""
    facts: frozenset[Fact] = frozenset({"scores"})

    def as_json(self) -> dict[str, Any]:
        """Return values, intervals and n by model, and which retries count."""
        models = {name: _model_json(model) for name, model in self.models.items()}
        return {"models": models, "retries": self.retries}

    def tables(self) -> list[FigureTable]:
        """Return the credit by model, and how many runs of each coalition it rests on."""
        headings = [f"{member} (95 % interval)" for member in self.members]
        labels = tuple(CoalitionScores(self.members, {}).n)
        return [
            FigureTable(
                "credit of each member, in points of score",
                ("model", *headings, "tasks"),
                [self._credit_row(*item) for item in self.models.items()],
            ),
            FigureTable(
                "n: runs that the values rest on, by who was present",
                ("model", *labels, "errors", "repeated"),
                [_count_row(*item) for item in self.models.items()],
            ),
        ]

    def sentences(self) -> Sequence[str]:
        """Return which retries count, and what is averaged."""
        return [
            f"retries: {self.retries}",
            "a value is the mean over tasks that every coalition ran, each task counting once, "
            "and its interval is over these tasks",
        ]

    def _credit_row(self, name: str, model: ModelScores) -> tuple[str, ...]:
        scores = model.scores
        cells = [name]
        for member in self.members:
            interval = scores.interval[member]
            cell = number(scores.values[member], sign=True)
            if interval is not None:
                cell += f" ({number(interval.low)} to {number(interval.high)})"
            cells.append(cell)
        return (*cells, str(len(scores.whole_tasks)))


def _count_row(name: str, model: ModelScores) -> tuple[str, ...]:
    counts = [str(count) for count in model.scores.n.values()]
    return (name, *counts, str(model.errors), str(model.repeated))


def _model_json(model: ModelScores) -> dict[str, Any]:
    scores = model.scores
    intervals = {
        name: None if interval is None else list(interval)
        for name, interval in scores.interval.items()
    }
    return {
        "values": scores.values,
        "interval": intervals,
        "n": scores.n,
        "means": scores.means,
        "tasks": len(scores.whole_tasks),
        "tasks_left_out": len(scores.tasks) - len(scores.whole_tasks),
        "recorded": scores.all_runs,
        "errors": model.errors,
        "repeated": model.repeated,
    }
