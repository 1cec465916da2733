"""A task: what is asked for, what judges it, and the work items that it falls into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from shapley_coop.errors import ConfigError
from swe_sim.tree import Tree, check_tree

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")
SEPARATOR = "::"
"""What stands between a file and the name of a task in it, in the id of a user's task."""
Skill = Literal["plan", "code", "review", "test", "document"]


@dataclass(frozen=True)
class Item:
    """A piece of the work, for a seat with the skill, once the items before it are done."""

    name: str
    skill: Skill
    after: tuple[str, ...] = ()
    """Names of the items that have to be done before."""
    path: str = ""
    """The file that the item is about, if it is code."""


@dataclass(frozen=True)
class Task:
    """A specification, hidden tests that judge a solution, and a reference that passes them."""

    id: str
    """`FAMILY-SEED`, such as `bmi-calculator-3`."""
    family: str
    difficulty: Difficulty
    spec: str
    files: Tree
    """The tree that a team starts with, which may be empty."""
    examples: Tree
    """Tests that a team may see and run."""
    tests: Tree
    """Hidden pytest files."""
    weights: Mapping[str, float]
    """What each test counts for in the pass rate, by node id."""
    expected: tuple[str, ...]
    """Node ids of all hidden tests."""
    reference: Tree
    """Files of a solution, laid over the starting tree."""
    items: tuple[Item, ...]
    budget: int
    """How many turns with a move all seats together may take."""
    impossible: bool = False
    """Whether hidden tests contradict one another, so that no tree can pass them all."""
    held_out: bool = False
    """Whether the task is kept for evaluation, and not for training or tuning."""
    solution_paths: tuple[str, ...] = ()
    """Files that a solution may consist of. If there are none, all but tests."""

    def __post_init__(self) -> None:
        """Refuse a task whose parts do not fit together."""
        for tree in (self.files, self.examples, self.tests, self.reference):
            check_tree(tree)
        if not self.expected:
            raise ConfigError(f"the task {self.id!r} has no hidden tests", field="task")
        if set(self.weights) != set(self.expected):
            raise ConfigError(
                f"the task {self.id!r} weighs {sorted(self.weights)} but its tests are "
                f"{sorted(self.expected)}",
                field="task",
            )
        if min(self.weights.values()) < 0 or sum(self.weights.values()) <= 0:
            raise ConfigError(
                f"weights of the task {self.id!r} have to be at least 0 and not all 0",
                field="task",
            )

    @property
    def solution(self) -> dict[str, str]:
        """The starting tree with the reference laid over it."""
        return {**self.files, **self.reference}
