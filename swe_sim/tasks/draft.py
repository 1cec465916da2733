"""From what a family drew to a task: test files, node ids, weights and work items."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from swe_sim.tasks.checks import Check, file_text, node_ids
from swe_sim.tasks.drawing import Draw
from swe_sim.tasks.record import Difficulty, Item, Task
from swe_sim.tree import Tree

HIDDEN_PATH = "tests/test_hidden.py"
EXAMPLES_PATH = "tests/test_examples.py"
BUDGETS: dict[Difficulty, int] = {"easy": 40, "medium": 60, "hard": 80}
"""Turns with a move that all seats together may take."""
SPEC_WIDTH = 92
HELD_OUT_EVERY = 3
"""Seeds that leave 2 when they are divided by this are held out."""


@dataclass(frozen=True)
class Draft:
    """What a family draws from a seed."""

    spec: str
    imports: str
    """The import lines of the tests, which name the public functions and classes."""
    reference: Tree
    examples: tuple[Check, ...]
    checks: tuple[Check, ...]
    files: Tree = field(default_factory=dict)
    contradictions: str = ""
    """Test functions that nothing can pass together with the checks, for an impossible task."""


@dataclass(frozen=True)
class Family:
    """A generator of tasks of one kind."""

    name: str
    difficulty: Difficulty
    draft: Callable[[Draw], Draft]
    impossible: bool = False


def held_out(seed: int) -> bool:
    """Return whether tasks of the seed are kept for evaluation."""
    return seed % HELD_OUT_EVERY == HELD_OUT_EVERY - 1


def make(family: Family, seed: int) -> Task:
    """Return the task of a family and a seed."""
    draft = family.draft(Draw(family.name, seed))
    solved = {**draft.files, **draft.reference}
    hidden = file_text(draft.checks, draft.imports, solved)
    examples = file_text(draft.examples, draft.imports, solved)
    expected = list(node_ids(HIDDEN_PATH, draft.checks))
    weights = dict(zip(expected, (one.weight for one in draft.checks), strict=True))
    if draft.contradictions:
        hidden += f"\n\n{draft.contradictions.strip()}\n"
        for name in _function_names(draft.contradictions):
            expected.append(f"{HIDDEN_PATH}::{name}")
            weights[expected[-1]] = 1.0
    return Task(
        id=f"{family.name}-{seed}",
        family=family.name,
        difficulty=family.difficulty,
        impossible=family.impossible,
        held_out=held_out(seed),
        spec=fill_paragraphs(draft.spec),
        files=dict(draft.files),
        examples={EXAMPLES_PATH: examples},
        tests={HIDDEN_PATH: hidden},
        weights=weights,
        expected=tuple(expected),
        reference=dict(draft.reference),
        solution_paths=tuple(sorted(solved)),
        items=work_items(draft.reference),
        budget=BUDGETS[family.difficulty],
    )


def fill_paragraphs(spec: str) -> str:
    """Return a specification with its paragraphs and bullet points filled to a width."""
    blocks: list[list[str]] = []
    for line in spec.strip().split("\n"):
        begins = not line or line.startswith(("- ", "    "))
        if begins or not blocks or not blocks[-1][0]:
            blocks.append([line])
        else:
            blocks[-1].append(line.strip())
    return "\n".join(_filled(block) for block in blocks) + "\n"


def _filled(lines: list[str]) -> str:
    # Lines that are indented by four are code.
    if lines[0].startswith("    "):
        return "\n".join(lines)
    indent = "  " if lines[0].startswith("- ") else ""
    return textwrap.fill(
        # A drawn phrase may be empty, which leaves two blanks.
        " ".join(" ".join(lines).split()),
        SPEC_WIDTH,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _function_names(text: str) -> Iterator[str]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name


def work_items(reference: Tree) -> tuple[Item, ...]:
    """Return the work on some files: a plan, each file after those that it imports, and checks."""
    paths = sorted(path for path in reference if path.endswith(".py"))
    modules = {path.removesuffix(".py").replace("/", "."): path for path in paths}
    items = [Item("plan", "plan")]
    for path in paths:
        needs = [modules[name] for name in _imports(reference[path]) if name in modules]
        before = ("plan", *(f"write {need}" for need in needs if need != path))
        items.append(Item(f"write {path}", "code", before, path))
    written = tuple(item.name for item in items[1:])
    items += [
        Item("review", "review", written),
        Item("test", "test", written),
        Item("document", "document", ("review", "test")),
    ]
    return tuple(items)


def _imports(text: str) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return list(dict.fromkeys(names))
