"""Loading tasks from a user's file or folder, and refusing those that refute themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from shapley_coop.errors import ConfigError, unknown
from swe_sim.judge import Judge, Verdict
from swe_sim.tasks.draft import BUDGETS, work_items
from swe_sim.tasks.loading.draft import FIELD, LoadedDraft
from swe_sim.tasks.loading.folders import feature_pairs, instance_file, issue
from swe_sim.tasks.loading.functions import humaneval, is_humaneval, is_mbpp, mbpp
from swe_sim.tasks.loading.reading import bounded_text, syntax_tree
from swe_sim.tasks.record import SEPARATOR, Task
from swe_sim.tree import TreeError, check_tree


def load_tasks(
    path: str | Path, name: str | None = None, *, unsafe: bool = False
) -> tuple[Task, ...]:
    """Return the tasks of a file or folder, or the one of a name.

    The hidden tests of each are run on its own reference, in the sandbox. Shapes are those of
    HumanEval and MBPP (JSON lines, or a JSON list), CooperBench and SWE-bench (folders).

    Raises:
        ConfigError: The file has another shape, there is no task of the name, or the hidden tests
            of a task fail on its reference.
    """
    place = Path(path)
    drafts = {draft.name: draft for draft in _drafts(place)}
    if not drafts:
        raise ConfigError(f"{str(place)!r} holds no task", field=FIELD)
    if name is not None:
        if name not in drafts:
            raise ConfigError(unknown("task", name, tuple(drafts)), field=FIELD)
        drafts = {name: drafts[name]}
    with Judge(unsafe=unsafe) as judge:
        return tuple(_judged(draft, place, judge) for draft in drafts.values())


@lru_cache(maxsize=64)
def load_one(id: str) -> Task:  # noqa: A002 - what the user knows it as
    """Return the task of an id `PATH::NAME`."""
    path, _, name = id.partition(SEPARATOR)
    (task,) = load_tasks(path, name)
    return task


def _judged(draft: LoadedDraft, place: Path, judge: Judge) -> Task:
    """Return the task of a draft, or raise ConfigError if its reference fails its tests."""
    where = f"the task {draft.name!r} of {str(place)!r}"
    try:
        for tree in (draft.files, draft.reference, draft.tests, draft.examples):
            check_tree(tree)
    except TreeError as error:
        raise ConfigError(
            f"{where} is beyond the bounds: {error}", field=FIELD
        ) from error
    for name, text in draft.reference.items():
        if name.endswith(".py"):
            syntax_tree(text, f"{name} of {where}")
    solution = {**draft.files, **draft.reference}
    verdict = judge.rate(solution, draft.tests, expected=draft.expected or None)
    if not verdict.tests or not all(verdict.tests.values()):
        raise ConfigError(
            f"{where} is refused, since its own reference fails its hidden tests: "
            f"{_reason(verdict)}",
            field=FIELD,
        )
    expected = draft.expected or tuple(sorted(verdict.tests))
    return Task(
        id=f"{place}{SEPARATOR}{draft.name}",
        family=place.stem,
        difficulty="medium",
        spec=draft.spec,
        files=draft.files,
        examples=draft.examples,
        tests=draft.tests,
        weights=dict.fromkeys(expected, 1.0),
        expected=expected,
        reference=draft.reference,
        items=work_items(draft.reference),
        budget=BUDGETS["medium"],
        solution_paths=tuple(sorted(draft.reference)),
    )


def _reason(verdict: Verdict) -> str:
    if not verdict.tests:
        return verdict.why or "no test ran"
    failures = [name for name, passed in verdict.tests.items() if not passed]
    ended = f" (ended by the limit on {verdict.ended_by})" if verdict.ended_by else ""
    return f"{', '.join(failures[:4])}{ended}. {verdict.why[:400]}".strip()


def _drafts(place: Path) -> Iterator[LoadedDraft]:
    if place.is_dir():
        yield from _folder_drafts(place)
        return
    for number, row in enumerate(_rows(place), start=1):
        where = f"row {number} of {str(place)!r}"
        if not isinstance(row, dict):
            raise ConfigError(f"{where} is no JSON object", field=FIELD)
        if is_humaneval(row):
            yield humaneval(row, where)
        elif is_mbpp(row):
            yield mbpp(row, where)
        else:
            raise ConfigError(
                f"{where} has the fields {sorted(row)[:8]}; a task has those of HumanEval "
                "(prompt, entry_point, canonical_solution, test) or of MBPP (code, test_list)",
                field=FIELD,
            )


def _folder_drafts(folder: Path) -> Iterator[LoadedDraft]:
    if any(path.is_dir() for path in folder.glob("feature*")):
        yield from feature_pairs(folder)
    elif instance_file(folder) is not None:
        yield issue(folder)
    else:
        raise ConfigError(
            f"{str(folder)!r} holds neither folders feature1, feature2 (CooperBench) nor a "
            "JSON file with 'instance_id' (SWE-bench)",
            field=FIELD,
        )


def _rows(path: Path) -> list[object]:
    """Return the rows of a file of JSON lines, or of one JSON list."""
    text = bounded_text(path)
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{str(path)!r} is no JSON: {error}", field=FIELD) from error
