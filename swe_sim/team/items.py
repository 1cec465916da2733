"""Work items between seats: who can do one, which hidden tests accept it, who delivered it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence

from shapley_coop.records import Seat
from swe_sim.judge import Verdict
from swe_sim.tasks import Item, Task
from swe_sim.team.desk import Desk
from swe_sim.team.judging import hidden_verdict
from swe_sim.team.roles import role_name

ITEM = "item:"
"""What the name of an outcome begins with that says who delivered an item."""
TAKERS: Mapping[str, tuple[str, ...]] = {
    "plan": ("ceo", "cpo", "cto", "counsellor"),
    "code": ("programmer",),
    "review": ("reviewer",),
    "test": ("tester",),
    "document": ("cpo", "cto"),
}
"""The roles that can do an item, by the skill that it asks for."""

Acceptance = Mapping[str, tuple[str, ...]]
"""The hidden tests that accept a file, by its path."""


def takers(item: Item, seats: Sequence[Seat]) -> tuple[Seat, ...]:
    """Return the seats of a team whose role can do an item."""
    return tuple(seat for seat in seats if role_name(seat) in TAKERS[item.skill])


def item_outcome(item: Item, seat: Seat) -> str:
    """Return the outcome that a seat has delivered an item, such as `item:review:reviewer`."""
    return f"{ITEM}{item.path or item.name}:{seat}"


def item_outcomes(task: Task, seats: Sequence[Seat]) -> tuple[str, ...]:
    """Return, for every item and every seat that can do it, that the seat has delivered it."""
    names = []
    for item in task.items:
        names += [item_outcome(item, seat) for seat in takers(item, seats)]
    return tuple(names)


def acceptance(task: Task) -> dict[str, tuple[str, ...]]:
    """Return the hidden tests that accept each file of code: those that import it.

    A file that no test imports itself is accepted by all tests.
    """
    modules = {
        item.path.removesuffix(".py").replace("/", "."): item.path
        for item in task.items
        if item.path
    }
    accepting: dict[str, list[str]] = {path: [] for path in modules.values()}
    imported = _modules_by_test(task.tests)
    for node in task.expected:
        file, _, name = node.partition("::")
        function = name.rpartition("::")[2].partition("[")[0]
        for module in imported.get((file, function), imported.get((file, ""), ())):
            if module in modules:
                accepting[modules[module]].append(node)
    return {path: tuple(nodes) or task.expected for path, nodes in accepting.items()}


def _modules_by_test(tests: Mapping[str, str]) -> dict[tuple[str, str], set[str]]:
    """Return the modules that each test function imports, and those of its file as a whole."""
    modules: dict[tuple[str, str], set[str]] = {}
    for path, text in tests.items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            # Beside tests a user's task may hold data, and files that are broken on purpose.
            continue
        shared = set(_imports(tree.body))
        modules[path, ""] = shared
        for part in ast.walk(tree):
            if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef):
                # Two classes may each have a test of one name.
                known = modules.setdefault((path, part.name), set(shared))
                known.update(_imports(ast.walk(part)))
    return modules


def _imports(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def deliveries(
    desk: Desk,
    task: Task,
    accepting: Acceptance,
    final: Verdict,
    *,
    unsafe: bool = False,
) -> frozenset[str]:
    """Return which seats have delivered which items, once the work is over.

    A file is delivered by who wrote it last if every test that accepts it passes. A review or a
    test is delivered by a decision that hidden tests bear out: an approval of what passes all of
    them, or a rejection of what does not. A plan is delivered by who said something in the design,
    and a document by who wrote it.

    Args:
        desk: the work as it ended.
        task: what was asked for.
        accepting: the tests that accept each file.
        final: what the hidden tests said of the product.
        unsafe: whether code also runs where no layer of the sandbox holds.
    """
    right = set()
    for seat, approves in desk.decisions.items():
        verdict = hidden_verdict(task, desk.decided_on[seat], unsafe=unsafe)
        if all(verdict.tests.values()) == approves:
            right.add(seat)
    done = set()
    for item in task.items:
        if item.skill == "code":
            author = desk.authors.get(item.path)
            passed = all(final.tests.get(node, False) for node in accepting[item.path])
            seats = {author} if author is not None and passed else set()
        elif item.skill == "plan":
            seats = desk.planners
        elif item.skill == "document":
            seats = {desk.documenter} if desk.documenter is not None else set()
        else:
            seats = right
        able = takers(item, tuple(seats))
        done |= {item_outcome(item, seat) for seat in able}
    return frozenset(done)
