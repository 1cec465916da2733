"""Faults of known kinds in Python programs: what to inject, and how to tell whether tests see it.

Every fault replaces one expression, so that the rest of the file stays as it was written. Some
faults change nothing that a caller can see, which is why a pool is measured before it is used.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from shapley_coop.errors import ConfigError
from swe_sim.tree import Tree

Change = tuple[ast.expr, ast.expr]
"""An expression of the program, and the faulty one in its place."""

FLIPS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
EDGES: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}
OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """A program with one fault."""

    kind: str
    path: str
    line: int
    """1-based line of the fault."""
    tree: Tree
    """All files, of which one has the fault."""


def _comparisons(node: ast.AST) -> Iterator[Change]:
    yield from _compares(node, FLIPS)


def _edges(node: ast.AST) -> Iterator[Change]:
    yield from _compares(node, EDGES)


def _compares(
    node: ast.AST, table: dict[type[ast.cmpop], type[ast.cmpop]]
) -> Iterator[Change]:
    """Change one operator of a comparison at a time."""
    if not isinstance(node, ast.Compare):
        return
    for place, operator in enumerate(node.ops):
        if type(operator) in table:
            operators = list(node.ops)
            operators[place] = table[type(operator)]()
            yield node, ast.Compare(node.left, operators, node.comparators)


def _operators(node: ast.AST) -> Iterator[Change]:
    # The sum of two texts has no difference, which every test would notice.
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        texts = [isinstance(side, ast.JoinedStr) for side in (node.left, node.right)]
        if not any(texts):
            yield node, ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)


def _constants(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Constant) or isinstance(node.value, bool):
        return
    if isinstance(node.value, int | float):
        yield node, ast.Constant(node.value + 1)


def _flags(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield node, ast.Constant(not node.value)


def _words(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node, ast.Constant(node.value[:-1] or node.value * 2)


def _connectives(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, ast.BoolOp(other, node.values)


def _branches(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.If | ast.IfExp):
        yield node.test, ast.Constant(False)


def _returns(node: ast.AST) -> Iterator[Change]:
    if not isinstance(node, ast.Return) or node.value is None:
        return
    if not isinstance(node.value, ast.Constant):
        yield node.value, ast.Constant(None)


def _arguments(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Call) and len(node.args) >= 2:
        # These two do not care for the order of what they compare.
        if isinstance(node.func, ast.Name) and node.func.id in ("max", "min"):
            return
        first, second, *rest = node.args
        if ast.dump(first) != ast.dump(second):
            yield node, ast.Call(node.func, [second, first, *rest], node.keywords)


def _steps(node: ast.AST) -> Iterator[Change]:
    """Make a range one shorter, and an index one larger."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id == "range" and 1 <= len(node.args) <= 2:
            shorter = ast.BinOp(node.args[-1], ast.Sub(), ast.Constant(1))
            yield node, ast.Call(node.func, [*node.args[:-1], shorter], [])
    elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        index = node.slice
        if isinstance(index, ast.BinOp | ast.Constant):
            number = not isinstance(index, ast.Constant) or type(index.value) is int
            if number:
                further = ast.BinOp(index, ast.Add(), ast.Constant(1))
                yield node, ast.Subscript(node.value, further, ast.Load())


KINDS: dict[str, Callable[[ast.AST], Iterator[Change]]] = {
    "argument": _arguments,
    "branch": _branches,
    "comparison": _comparisons,
    "connective": _connectives,
    "constant": _constants,
    "edge": _edges,
    "flag": _flags,
    "off-by-one": _steps,
    "operator": _operators,
    "return": _returns,
    "word": _words,
}
"""Kinds of faults: swapped arguments, a branch never taken, a flipped comparison, `and` for `or`, a
wrong number, a bound that counts or not, a wrong flag, an index or a range off by one, a wrong
operator, a dropped return value, a wrong word."""


def mutants(tree: Tree, kinds: tuple[str, ...] = tuple(KINDS)) -> list[Mutant]:
    """Return every fault of the kinds that the Python files of a tree can have, in their order.

    Raises:
        ConfigError: A kind is unknown, or a file is no Python.
    """
    strange = sorted(set(kinds) - set(KINDS))
    if strange:
        raise ConfigError(
            f"unknown kinds of faults {strange}; known: {', '.join(KINDS)}"
        )
    made: list[Mutant] = []
    for path in sorted(tree):
        if path.endswith(".py"):
            made += _mutants_of_file(tree, path, kinds)
    return made


def _mutants_of_file(tree: Tree, path: str, kinds: tuple[str, ...]) -> Iterator[Mutant]:
    text = tree[path]
    try:
        module = ast.parse(text)
    except SyntaxError as error:
        raise ConfigError(f"{path!r} is no Python: {error}") from error
    nodes = [node for node in ast.walk(module) if not _stands_apart(node)]
    sentences = {id(node) for node in _fixed(module)}
    for kind in kinds:
        for node in nodes:
            for place, fault in KINDS[kind](node):
                if id(place) in sentences:
                    continue
                changed = _replace(text, place, fault)
                yield Mutant(kind, path, place.lineno, {**tree, path: changed})


def _stands_apart(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _fixed(module: ast.Module) -> Iterator[ast.AST]:
    """Yield constants that no test can see: docstrings, messages of errors, parts of formats."""
    for node in ast.walk(module):
        if isinstance(node, ast.Raise | ast.JoinedStr) or _stands_apart(node):
            yield from ast.walk(node)
        elif isinstance(node, ast.Compare):
            # `__name__ == "__main__"` guards what a caller never runs.
            names = [one.id for one in ast.walk(node) if isinstance(one, ast.Name)]
            if names == ["__name__"]:
                yield from ast.walk(node)


def _replace(text: str, place: ast.expr, fault: ast.expr) -> str:
    """Return the text with one expression replaced, in brackets where it could bind otherwise."""
    lines = text.encode().split(b"\n")
    assert place.end_lineno is not None
    assert place.end_col_offset is not None
    first, last = place.lineno - 1, place.end_lineno - 1
    before = lines[first][: place.col_offset]
    after = lines[last][place.end_col_offset :]
    words = ast.unparse(ast.fix_missing_locations(fault))
    if isinstance(fault, ast.BinOp | ast.BoolOp | ast.Compare):
        words = f"({words})"
    changed = [*lines[:first], before + words.encode() + after, *lines[last + 1 :]]
    return b"\n".join(changed).decode()


def draw_mutants(
    tree: Tree,
    count: int,
    rng: np.random.Generator,
    kinds: tuple[str, ...] = tuple(KINDS),
) -> list[Mutant]:
    """Return different faults, of the kinds in turn as far as these go."""
    pools = {kind: mutants(tree, (kind,)) for kind in kinds}
    drawn: list[Mutant] = []
    while len(drawn) < count and any(pools.values()):
        for kind in kinds:
            if pools[kind] and len(drawn) < count:
                place = int(rng.integers(len(pools[kind])))
                drawn.append(pools[kind].pop(place))
    return drawn
