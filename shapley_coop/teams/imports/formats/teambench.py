"""TeamBench (github.com/ybkim95/TeamBench): what a team scores without its planner or verifier.

Its result files are JSON objects with a `model` and `runs`, each of a `task_id`, a `condition`, a
`seed` and a score. Four conditions are the coalitions of a planner and a verifier around an
executor, which is always there. Where a run failed, another file may hold its retry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from shapley_coop.errors import InputError
from shapley_coop.teams.imports.ablation import Ablation, ModelScores
from shapley_coop.teams.imports.bounds import name_at, number_at, refuse
from shapley_coop.teams.imports.scores import Coalition, CoalitionScores
from shapley_coop.teams.imports.source import Source

MEMBERS = ("planner", "verifier")
CONDITIONS: Mapping[str, Coalition] = {
    "restricted": frozenset(),
    "team_no_verify": frozenset({"planner"}),
    "team_no_plan": frozenset({"verifier"}),
    "full": frozenset(MEMBERS),
}
"""Who is present beside the executor, by condition. Others are no coalitions of this team."""
RETRIES = (
    "of the runs of a model with the same task, condition and seed, the first without an error "
    "counts, in the order of file names; runs that ended in an error count nowhere"
)
MOST_SNIFFED = 500
"""Files of a folder up to which the format is looked for."""


class TeamBenchRun(NamedTuple):
    """One run of a result file, under one of the four conditions."""

    model: str
    key: tuple[str, str, float]
    """Its task, its condition and its seed."""
    score: float
    failed: bool
    """Whether it ended in an error."""


class TeamBench:
    """Result files of TeamBench: one, or a folder of them."""

    name = "teambench"
    reads = "result files (.json) with `model` and `runs`, or a folder of them"

    def sniff(self, source: Source) -> bool:
        """Return whether some file speaks of the conditions of this benchmark."""
        for path in source.files(".json")[:MOST_SNIFFED]:
            head = source.head(path)
            if '"runs"' in head and '"condition"' in head:
                return True
        return False

    def read(self, source: Source) -> list[Ablation]:
        """Return the credit of planner and verifier for each model with all four conditions."""
        runs: dict[str, list[TeamBenchRun]] = {}
        for path in source.files(".json"):
            try:
                for run in _runs_of(source.json(path), source.place(path)):
                    runs.setdefault(run.model, []).append(run)
            except InputError as error:
                # A broken file of a folder is named and left out, but one alone is an error.
                if not source.is_folder:
                    raise
                source.skip(path, str(error))
        models: dict[str, ModelScores] = {}
        for name, own in sorted(runs.items()):
            model = _scores_of(own)
            if model.scores.whole_tasks:
                models[name] = model
            else:
                source.leave_out(f"model {name}: no task with all four conditions")
        if not models:
            raise refuse(
                f"no model has a task with all of {', '.join(CONDITIONS)}; {self.name} is read "
                f"from {self.reads}"
            )
        return [Ablation(MEMBERS, models, RETRIES)]


def _runs_of(value: Any, place: str) -> Iterator[TeamBenchRun]:
    """Yield the runs in a file under one of the four conditions. Other files have none."""
    if not isinstance(value, dict) or not isinstance(value.get("runs"), list):
        return
    for number, run in enumerate(value["runs"]):
        condition = run.get("condition") if isinstance(run, dict) else None
        if not isinstance(condition, str) or condition not in CONDITIONS:
            continue
        where = f"runs[{number}] of {place}"
        task = name_at(run.get("task_id"), f"task_id of {where}")
        seed = number_at(run.get("seed", 0), f"seed of {where}")
        key = task, condition, seed
        model = name_at(value.get("model"), f"model of {place}")
        yield TeamBenchRun(model, key, _score_of(run, where), bool(run.get("error")))


def _score_of(run: Mapping[str, Any], where: str) -> float:
    """Return the part of the checks that passed. A run without one passed or did not."""
    more = run.get("secondary")
    if not isinstance(more, dict):
        more = {}
    score = run.get("partial_score", more.get("partial_score"))
    if score is None and isinstance(run.get("pass"), bool):
        return float(run["pass"])
    return number_at(score, f"partial_score of {where}")


def _scores_of(runs: list[TeamBenchRun]) -> ModelScores:
    """Return what counts among the runs of one model."""
    tasks: dict[str, dict[Coalition, list[float]]] = {}
    errors = repeated = 0
    counted = set()
    for run in runs:
        if run.failed:
            errors += 1
        elif run.key in counted:
            repeated += 1
        else:
            counted.add(run.key)
            task, condition, _ = run.key
            scores = tasks.setdefault(task, {})
            scores.setdefault(CONDITIONS[condition], []).append(run.score)
    return ModelScores(CoalitionScores(MEMBERS, tasks), errors, repeated)
