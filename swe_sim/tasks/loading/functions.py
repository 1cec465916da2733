"""Tasks of single functions in files: rows in the shapes of HumanEval and of MBPP.

HumanEval (Chen et al. 2021): `task_id`, `prompt`, `entry_point`, `canonical_solution` and `test`,
which defines `check(candidate)`. MBPP (Austin et al. 2021): `task_id`, `text` or `prompt`, `code`,
and `test_list`, a list of assertions, with what they need in `test_setup_code` or `test_imports`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from shapley_coop.errors import ConfigError
from swe_sim.tasks.draft import EXAMPLES_PATH, HIDDEN_PATH
from swe_sim.tasks.loading.draft import FIELD, LoadedDraft, text_of
from swe_sim.tasks.loading.reading import syntax_tree

MODULE = "solution"
SOLUTION = f"{MODULE}.py"


def is_humaneval(row: dict[str, object]) -> bool:
    """Return whether a row has the shape of HumanEval."""
    return {"prompt", "entry_point", "canonical_solution", "test"} <= set(row)


def humaneval(row: dict[str, object], place: str) -> LoadedDraft:
    """Return the task of a row of HumanEval. Each assertion of its check is a test."""
    name = text_of(row, "task_id", place)
    prompt = text_of(row, "prompt", place)
    entry = text_of(row, "entry_point", place)
    if not entry.isidentifier():
        raise ConfigError(f"{place} has the entry point {entry!r}", field=FIELD)
    solution = prompt + text_of(row, "canonical_solution", place)
    spec = f"Write `{SOLUTION}` with the function `{entry}`:\n\n{prompt.strip()}\n"
    test = text_of(row, "test", place)
    return LoadedDraft(
        name=name,
        spec=spec,
        reference={SOLUTION: solution},
        tests={HIDDEN_PATH: _check_tests(test, entry, place)},
    )


def _check_tests(text: str, entry: str, place: str) -> str:
    """Return a pytest file of what `check(candidate)` asserts."""
    module = syntax_tree(text, f"the test of {place}")
    checks = [node for node in module.body if _is_check(node)]
    if not checks:
        raise ConfigError(
            f"the test of {place} defines no check(candidate)", field=FIELD
        )
    check = checks[-1]
    assert isinstance(check, ast.FunctionDef)
    start = f"from {MODULE} import {entry} as {check.args.args[0].arg}"
    preamble = ast.Module([node for node in module.body if node is not check], [])
    functions = _one_a_statement(check.body, [start])
    return "\n\n".join([ast.unparse(preamble), *functions]).strip() + "\n"


def _is_check(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef) or node.name != "check":
        return False
    return len(node.args.args) == 1


def _one_a_statement(body: Sequence[ast.stmt], start: Sequence[str]) -> list[str]:
    """Return one test function an assertion, each with all that stands before it."""
    before = list(start)
    functions: list[str] = []
    for node in body:
        text = ast.unparse(node)
        if not isinstance(node, ast.Assert):
            before.append(text)
        elif not isinstance(node.test, ast.Constant):
            functions.append(_function(len(functions) + 1, [*before, text]))
    # What is asserted in loops and the like is one test.
    if len(before) > len(start):
        functions.append(_function(len(functions) + 1, before))
    return functions


def _function(number: int, statements: Iterable[str]) -> str:
    body = "\n".join(statements).replace("\n", "\n    ")
    return f"def test_{number}():\n    {body}"


def is_mbpp(row: dict[str, object]) -> bool:
    """Return whether a row has the shape of MBPP."""
    return {"code", "test_list"} <= set(row)


def mbpp(row: dict[str, object], place: str) -> LoadedDraft:
    """Return the task of a row of MBPP. Its first assertion is a visible example too."""
    name = str(row.get("task_id", place))
    words = text_of(row, "text" if "text" in row else "prompt", place)
    code = text_of(row, "code", place).replace("\r\n", "\n")
    assertions = row["test_list"]
    if not isinstance(assertions, list) or not assertions:
        raise ConfigError(f"{place} has no list of assertions", field=FIELD)
    if not all(isinstance(text, str) for text in assertions):
        raise ConfigError(f"{place} has assertions that are no texts", field=FIELD)
    tests = [
        _assertion_test(text, number, row, _public_names(code, place))
        for number, text in enumerate(assertions, start=1)
    ]
    for text in tests:
        syntax_tree(text, f"the test of {place}")
    names = ", ".join(f"`{name}`" for name in _public_names(code, place))
    spec = f"Write `{SOLUTION}` with {names}.\n\n{words.strip()}\n"
    return LoadedDraft(
        name=name,
        spec=f"{spec}\nFor example:\n\n    {assertions[0]}\n",
        reference={SOLUTION: code},
        tests={HIDDEN_PATH: "\n\n".join(tests) + "\n"},
        examples={EXAMPLES_PATH: tests[0] + "\n"},
    )


def _assertion_test(
    assertion: str, number: int, row: dict[str, object], names: Sequence[str]
) -> str:
    imports = row.get("test_imports") or []
    statements = [str(line) for line in imports] if isinstance(imports, list) else []
    setup = row.get("test_setup_code")
    if isinstance(setup, str) and setup.strip():
        statements.append(setup.strip())
    used = [name for name in names if name in assertion]
    if used:
        statements.append(f"from {MODULE} import {', '.join(used)}")
    return _function(number, [*statements, assertion.strip()])


def _public_names(code: str, place: str) -> list[str]:
    body = syntax_tree(code, place).body
    kinds = (ast.FunctionDef, ast.ClassDef)
    return [node.name for node in body if isinstance(node, kinds)]
