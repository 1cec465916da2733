"""Credit from recorded scores of coalitions: several tasks, each run with several coalitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean

from shapley_coop.credit.labels import label
from shapley_coop.runs.intervals import Interval, mean_interval
from shapley_coop.shapley import exact
from shapley_coop.shapley.coalitions import named_coalitions

Coalition = frozenset[str]
ScoresOfTask = Mapping[Coalition, Sequence[float]]
"""The scores of all runs of one task, by who was present."""


@dataclass(frozen=True)
class CoalitionScores:
    """What coalitions of a team scored in tasks, and the credit of members that follows.

    Tasks differ more than coalitions do, and not every coalition ran every task equally often. So
    the Shapley value is taken within each task, of the mean scores of its coalitions, and then
    averaged. A task that some coalition never ran says nothing of the difference and is left out.
    """

    members: tuple[str, ...]
    tasks: Mapping[str, ScoresOfTask]

    @cached_property
    def whole_tasks(self) -> tuple[str, ...]:
        """The tasks that every coalition ran."""
        names = []
        for name, scores in self.tasks.items():
            if all(scores.get(coalition) for coalition in self._coalitions):
                names.append(name)
        return tuple(names)

    @property
    def _coalitions(self) -> Sequence[Coalition]:
        return named_coalitions(self.members)

    @cached_property
    def by_task(self) -> dict[str, dict[str, float]]:
        """The Shapley values within each whole task, by member."""
        values = {}
        for name in self.whole_tasks:
            means = [fmean(self.tasks[name][present]) for present in self._coalitions]
            values[name] = dict(
                zip(self.members, exact(means).values.tolist(), strict=True)
            )
        return values

    @property
    def values(self) -> dict[str, float]:
        """The Shapley value of each member, a mean over whole tasks. Empty if there are none."""
        if not self.by_task:
            return {}
        return {name: fmean(self._draws(name)) for name in self.members}

    @property
    def interval(self) -> dict[str, Interval | None]:
        """Student's 95 % interval of each value over tasks. None where tasks tell no spread."""
        return {name: mean_interval(self._draws(name)) for name in self.members}

    @property
    def n(self) -> dict[str, int]:
        """How many runs of each coalition the values rest on, by its label."""
        return self._count(self.whole_tasks)

    @property
    def all_runs(self) -> dict[str, int]:
        """How many runs of each coalition are recorded, in tasks that are left out as well."""
        return self._count(tuple(self.tasks))

    @property
    def means(self) -> dict[str, float]:
        """The mean score of each coalition, by its label, where every whole task counts once."""
        means = {}
        for present in self._coalitions:
            scores = [fmean(self.tasks[name][present]) for name in self.whole_tasks]
            if scores:
                means[self.label_of(present)] = fmean(scores)
        return means

    def label_of(self, present: Coalition) -> str:
        """Return the name of a coalition, such as `nobody` or `planner`."""
        return label(present, self.members)

    def _draws(self, member: str) -> list[float]:
        return [values[member] for values in self.by_task.values()]

    def _count(self, tasks: Sequence[str]) -> dict[str, int]:
        counts = {}
        for present in self._coalitions:
            runs = [len(self.tasks[name].get(present, ())) for name in tasks]
            counts[self.label_of(present)] = sum(runs)
        return counts
