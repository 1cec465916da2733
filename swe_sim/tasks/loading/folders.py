"""Tasks in folders: feature pairs in the shape of CooperBench, and issues in that of SWE-bench.

CooperBench (arXiv 2601.13295): a folder of `featureN/` with `feature.md`, `feature.patch` and
`tests.patch`, and perhaps `combined.patch`. SWE-bench (Jimenez et al. 2024): a JSON object with
`instance_id`, `problem_statement`, `patch`, `test_patch`, `FAIL_TO_PASS` and `PASS_TO_PASS`. Both
name a repository at a commit, whose files the user puts beside them as `repo/`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

from shapley_coop.errors import ConfigError
from swe_sim.tasks.loading.draft import FIELD, LoadedDraft, text_of
from swe_sim.tasks.loading.reading import bounded_text, files_below
from swe_sim.tree import MOST_FILE_BYTES, MOST_FILES, Tree, TreeError, apply_patch

REPOSITORY = "repo"
SKIPPED = (".git", "__pycache__", ".hg", ".svn", "node_modules", ".venv")


def text_files(folder: Path) -> dict[str, str]:
    """Return the text files of a folder by relative path. Links and binary files are left out.

    Raises:
        ConfigError: There are more files than a tree holds.
    """
    tree: dict[str, str] = {}
    for path in files_below(folder, SKIPPED):
        if path.stat().st_size > MOST_FILE_BYTES:
            continue
        parts = path.relative_to(folder).parts
        try:
            tree["/".join(parts)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise ConfigError(
                f"{str(path)!r} cannot be read: {error}", field=FIELD
            ) from error
        if len(tree) > MOST_FILES:
            raise ConfigError(
                f"{str(folder)!r} has more than {MOST_FILES} text files; keep those that the "
                "task needs",
                field=FIELD,
            )
    return tree


def feature_pairs(folder: Path) -> Iterator[LoadedDraft]:
    """Yield a task for every two features of a folder: both are to be built in one product."""
    base = _repository(folder)
    features = sorted(path for path in folder.glob("feature*") if path.is_dir())
    for first, second in itertools.combinations(features, 2):
        name = f"{first.name}+{second.name}"
        words = [bounded_text(path / "feature.md").strip() for path in (first, second)]
        built = _both_built(folder, base, first, second)
        tests: dict[str, str] = {}
        for path in (first, second):
            after = _patched(base, path / "tests.patch")
            tests.update(_changes(base, after))
        yield LoadedDraft(
            name=name,
            spec=f"# First feature\n\n{words[0]}\n\n# Second feature\n\n{words[1]}\n",
            files=base,
            reference=_overlay(base, built, folder / name),
            tests=tests,
        )


def _both_built(folder: Path, base: Tree, first: Path, second: Path) -> Tree:
    """Return the tree with both features. Where their patches conflict, that of all features."""
    built = _patched(base, first / "feature.patch")
    try:
        return _patched(built, second / "feature.patch")
    except ConfigError:
        if (folder / "combined.patch").is_file():
            return _patched(base, folder / "combined.patch")
        raise


def issue(folder: Path) -> LoadedDraft:
    """Return the task of a folder with one issue of a repository."""
    record = _instance(folder)
    place = str(folder)
    base = _repository(folder)
    solved = _apply(base, text_of(record, "patch", place), f"the patch of {place}")
    tested = _apply(
        base, text_of(record, "test_patch", place), f"test_patch of {place}"
    )
    expected = tuple(
        dict.fromkeys(
            [*_nodes(record, "FAIL_TO_PASS"), *_nodes(record, "PASS_TO_PASS")]
        )
    )
    tests = _changes(base, tested)
    for node in expected:
        path = node.partition("::")[0]
        if path not in tested:
            raise ConfigError(
                f"{place} expects {node!r}, which is not there", field=FIELD
            )
        tests[path] = tested[path]
    return LoadedDraft(
        name=text_of(record, "instance_id", place),
        spec=text_of(record, "problem_statement", place).strip() + "\n",
        files={path: text for path, text in base.items() if path not in tests},
        reference=_overlay(base, solved, folder),
        tests=tests,
        expected=expected,
    )


def instance_file(folder: Path) -> Path | None:
    """Return the file of a folder that holds an issue, or None."""
    for path in sorted(folder.glob("*.json")):
        if '"instance_id"' in bounded_text(path):
            return path
    return None


def _instance(folder: Path) -> object:
    path = instance_file(folder)
    assert path is not None
    try:
        return json.loads(bounded_text(path))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{str(path)!r} is no JSON: {error}", field=FIELD) from error


def _nodes(record: object, key: str) -> list[str]:
    """Return node ids, which stand there as a list or as the JSON text of one."""
    value = record.get(key, []) if isinstance(record, dict) else []
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise ConfigError(
                f"{key!r} is no list of tests: {error}", field=FIELD
            ) from error
    if not isinstance(value, list):
        raise ConfigError(f"{key!r} is no list of tests", field=FIELD)
    return [str(node) for node in value]


def _repository(folder: Path) -> dict[str, str]:
    repository = folder / REPOSITORY
    if not repository.is_dir():
        raise ConfigError(
            f"{str(folder)!r} has no folder {REPOSITORY!r}; put the files of the repository, "
            "at the commit that the task names, there",
            field=FIELD,
        )
    return text_files(repository)


def _patched(base: Tree, patch: Path) -> dict[str, str]:
    return _apply(base, bounded_text(patch), str(patch))


def _apply(base: Tree, diff: str, place: str) -> dict[str, str]:
    if not diff.strip():
        return dict(base)
    try:
        return apply_patch(base, diff)
    except TreeError as error:
        raise ConfigError(f"{place} does not apply: {error}", field=FIELD) from error


def _changes(before: Tree, after: Tree) -> dict[str, str]:
    return {path: text for path, text in after.items() if before.get(path) != text}


def _overlay(before: Tree, after: Tree, place: Path) -> dict[str, str]:
    """Return the files of a solution, which are laid over the tree that a team starts with."""
    gone = sorted(set(before) - set(after))
    if gone:
        raise ConfigError(
            f"the solution of {str(place)!r} deletes {gone}; a reference cannot",
            field=FIELD,
        )
    return _changes(before, after)
