"""Hidden tests as lines of Python, whose expected values the reference gives.

A check is a few lines. A line that is a statement is run as it is. A line that is an expression
becomes an assertion: the reference says which value, or which error, a right solution gives. An
expression whose value is None is run as it is, because it is called for what it does.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from swe_sim.tasks.drawing import fill
from swe_sim.tasks.references import Modules
from swe_sim.tree import Tree

EXPECTED_ERRORS = (ValueError, KeyError, IndexError)
"""Errors that a specification may ask for. Any other one is a fault of the generator."""
_HEADER = re.compile(r"\[(\w+)(?: (\d+))?\]")
LITERALS = (bool, int, float, str, bytes, type(None))


@dataclass(frozen=True)
class Check:
    """A test by name, its lines, and what it counts for."""

    name: str
    lines: tuple[str, ...]
    weight: float = 1.0


def read_checks(text: str, **values: object) -> tuple[Check, ...]:
    """Return the checks of a text in which `[NAME]` or `[NAME WEIGHT]` begins each of them.

    `$name` is replaced by each value. Lines before the first check begin every check.
    """
    start: list[str] = []
    checks: list[tuple[str, float, list[str]]] = []
    for line in fill(text, **values).split("\n"):
        header = _HEADER.fullmatch(line.strip())
        if header is not None:
            checks.append((header[1], float(header[2] or 1), list(start)))
        elif line.strip():
            lines = checks[-1][2] if checks else start
            lines.append(line)
    return tuple(Check(name, tuple(lines), weight) for name, weight, lines in checks)


def node_ids(path: str, checks: Iterable[Check]) -> tuple[str, ...]:
    """Return the ids under which pytest runs the checks of a file."""
    return tuple(f"{path}::test_{one.name}" for one in checks)


def test_file(checks: Sequence[Check], imports: str, reference: Tree) -> str:
    """Return the text of a pytest file with one function a check."""
    bodies = [_function(one, imports, reference) for one in checks]
    if any("pytest.raises" in body for body in bodies):
        bodies.insert(0, "import pytest")
    return "\n\n\n".join(bodies) + "\n"


def _function(one: Check, imports: str, reference: Tree) -> str:
    """Return the text of one test function, after running its lines on the reference.

    Each function imports what it needs itself, so that a file that is missing fails the tests of
    that file alone.
    """
    namespace = Modules(reference).namespace()
    _run(imports, namespace)
    lines = [f"def test_{one.name}():"]
    lines += [f"    {line}" for line in _needed_imports(imports, one.lines)]
    for line in one.lines:
        lines += [f"    {text}" for text in _rendered(line, namespace)]
    return "\n".join(lines)


def _needed_imports(imports: str, lines: Sequence[str]) -> list[str]:
    """Return an import line for each module of which the lines use a name, with those names."""
    used = set()
    for line in lines:
        nodes = ast.walk(ast.parse(line))
        used |= {node.id for node in nodes if isinstance(node, ast.Name)}
    needed: list[str] = []
    for node in ast.parse(imports).body:
        assert isinstance(node, ast.ImportFrom)
        names = [alias.name for alias in node.names if alias.name in used]
        if names:
            needed.append(f"from {node.module} import {', '.join(sorted(names))}")
    return needed


def _run(text: str, namespace: dict[str, Any]) -> None:
    exec(compile(text, "check", "exec"), namespace)  # noqa: S102 - a generator's own text


def _rendered(line: str, namespace: dict[str, Any]) -> list[str]:
    """Return the lines of a test that a line of a check becomes."""
    if not isinstance(ast.parse(line).body[0], ast.Expr):
        _run(line, namespace)
        return [line]
    try:
        value = eval(compile(line, "check", "eval"), namespace)  # noqa: S307 - as above
    except EXPECTED_ERRORS as error:
        return [f"with pytest.raises({type(error).__name__}):", f"    {line}"]
    if value is None:
        return [line]
    return [_assertion(line, value)]


def _assertion(line: str, value: object) -> str:
    """Return an assertion that the expression has the value, with room for rounding of floats."""
    if isinstance(value, bool):
        simple = isinstance(ast.parse(line, mode="eval").body, ast.Compare)
        if simple and value:
            return f"assert {line}"
        return f"assert ({line}) is {value}"
    if isinstance(value, float):
        return f"assert abs({line} - {value!r}) < 1e-6"
    _check_literal(value, line)
    return f"assert {line} == {value!r}"


def _check_literal(value: object, line: str) -> None:
    """Raise TypeError for a value that a test cannot write down."""
    if isinstance(value, LITERALS):
        return
    if isinstance(value, dict):
        parts: list[object] = [*value.keys(), *value.values()]
    elif isinstance(value, list | tuple | set | frozenset):
        parts = list(value)
    else:
        raise TypeError(f"{line!r} gives a {type(value).__name__}, which is no literal")
    for part in parts:
        _check_literal(part, line)
