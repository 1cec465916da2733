"""Hidden tests as lines of Python, whose expected values the reference gives.

A check is a few lines. A line that is a statement is run as it is. A line that is an expression
becomes an assertion: the reference says which value, or which error, a right solution gives. An
expression whose value is None is run as it is, because it is called for what it does.
"""

from __future__ import annotations

import ast
import copy
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


@dataclass(frozen=True)
class LineResult:
    """What a line of a check came to on the reference."""

    place: int
    """The place of the line in its check, from 0."""
    line: str
    value: object = None
    error: str = ""
    """The name of the error that it raised, if any."""
    is_statement: bool = False


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


def file_text(checks: Sequence[Check], imports: str, reference: Tree) -> str:
    """Return the text of a pytest file with one function a check."""
    bodies = [function_text(one, imports, reference) for one in checks]
    return "\n\n\n".join(bodies) + "\n"


def function_text(
    one: Check, imports: str, reference: Tree, further: Sequence[str] = ()
) -> str:
    """Return the text of one test function, after running its lines on the reference.

    Each function imports what it needs itself, so that a file that is missing fails the tests of
    that file alone. `further` are lines that are added as they are.
    """
    lines: list[str] = []
    for result in line_results(one, imports, reference):
        lines += _test_lines(result)
    lines += further
    needed = _needed_imports(imports, lines)
    if any("pytest.raises" in line for line in lines):
        needed.insert(0, "import pytest")
    body = [f"    {line}" for line in (*needed, "", *lines)]
    text = "\n".join([f"def test_{one.name}():", *body])
    return text.replace("\n    \n", "\n\n")


def line_results(one: Check, imports: str, reference: Tree) -> list[LineResult]:
    """Return what each line of a check comes to on the reference, one after the other."""
    namespace = Modules(reference).namespace()
    _run(imports, namespace)
    return [
        _line_result(place, line, namespace) for place, line in enumerate(one.lines)
    ]


def _line_result(place: int, line: str, namespace: dict[str, Any]) -> LineResult:
    if not isinstance(ast.parse(line).body[0], ast.Expr):
        _run(line, namespace)
        return LineResult(place, line, is_statement=True)
    try:
        value = eval(compile(line, "check", "eval"), namespace)  # noqa: S307 - our own text
    except EXPECTED_ERRORS as error:
        return LineResult(place, line, error=type(error).__name__)
    _check_literal(value, line)
    # A later line may change what this one gave.
    return LineResult(place, line, copy.deepcopy(value))


def _run(text: str, namespace: dict[str, Any]) -> None:
    exec(compile(text, "check", "exec"), namespace)  # noqa: S102 - a generator's own text


def _needed_imports(imports: str, lines: Sequence[str]) -> list[str]:
    """Return an import line for each module of which the lines use a name, with those names."""
    nodes = ast.walk(ast.parse("\n".join(lines)))
    used = {node.id for node in nodes if isinstance(node, ast.Name)}
    needed: list[str] = []
    for node in ast.parse(imports).body:
        assert isinstance(node, ast.ImportFrom)
        names = [alias.name for alias in node.names if alias.name in used]
        if names:
            needed.append(f"from {node.module} import {', '.join(sorted(names))}")
    return needed


def _test_lines(result: LineResult) -> list[str]:
    """Return the lines of a test that hold a solution to what the reference gave."""
    line, value = result.line, result.value
    if result.error:
        return [f"with pytest.raises({result.error}):", f"    {line}"]
    if value is None:
        return [line]
    if isinstance(value, bool):
        is_simple = isinstance(ast.parse(line, mode="eval").body, ast.Compare)
        return [
            f"assert {line}" if is_simple and value else f"assert ({line}) is {value}"
        ]
    if isinstance(value, float):
        # There is room for a solution that rounds at another place.
        return [f"assert abs({line} - {value!r}) < 1e-6"]
    return [f"assert {line} == {value!r}"]


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
