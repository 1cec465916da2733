"""The tree that is judged: the work without what could steer pytest, under the hidden tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

STEERS = {
    *("conftest.py", "pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg"),
    *("pyproject.toml", "sitecustomize.py", "usercustomize.py", "pytest.toml"),
    *("pyvenv.cfg", ".coveragerc", ".pytest.toml"),
}
"""Names of files by which a tree can steer pytest or the interpreter."""
STEERING_FOLDERS = {".git", ".hg", ".svn", "__pycache__", ".pytest_cache"}
STEERING_ENDS = (".pth", ".pyc", ".pyo", ".so", ".pyd", ".egg-link")


def judged_tree(tree: Mapping[str, str], tests: Mapping[str, str]) -> dict[str, str]:
    """Return the files of a tree that take part, with all test files as they were handed in."""
    judged = {path: text for path, text in tree.items() if not steers(path)}
    # A file where the tests need a folder, or a folder where they need a file, gives way.
    for path in tests:
        for parent in PurePosixPath(path).parents:
            judged.pop(str(parent), None)
        below = f"{path}/"
        for name in [name for name in judged if name.startswith(below)]:
            del judged[name]
    return judged | dict(tests)


def is_test(path: str) -> bool:
    """Return whether pytest collects tests from a file of this name."""
    name = PurePosixPath(path).name
    is_named = name.startswith("test_") or name.endswith("_test.py")
    return is_named and name.endswith(".py")


def module_names(code: Mapping[str, str], tests: Mapping[str, str]) -> list[str]:
    """Return the full names of all modules and packages of the code, but for those of tests."""
    names = _modules(code) - _modules(tests)
    return sorted(names)


def _modules(tree: Mapping[str, str]) -> set[str]:
    names = set()
    for path in tree:
        if not path.endswith(".py"):
            continue
        parts = list(PurePosixPath(path).with_suffix("").parts)
        if parts[-1] == "__init__":
            parts.pop()
        names |= {".".join(parts[:end]) for end in range(1, len(parts) + 1)}
    return names


def steers(path: str) -> bool:
    """Return whether a file could steer pytest or the interpreter."""
    parts = PurePosixPath(path).parts
    if not STEERING_FOLDERS.isdisjoint(parts):
        return True
    return parts[-1].lower() in STEERS or parts[-1].lower().endswith(STEERING_ENDS)
