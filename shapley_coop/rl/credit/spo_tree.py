"""SPO-tree: values of a sampled tree of segments, and the advantage of each of its edges."""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch

from shapley_coop.errors import unknown
from shapley_coop.rl.assignment.evidence import Evidence, Node, require
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Need,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories

EdgeAdvantage = Literal["difference", "normalised"]
"""V(child) - V(parent), or that divided by the spread of the siblings' values."""


class SpoTreeSettings(MethodSettings):
    """Settings of SPO-tree."""

    kind: EdgeAdvantage = "difference"
    drop_zero: bool = True
    """Whether edges that teach nothing are left out. A row of such an edge earns 0."""
    reference: bool = False
    """Whether edges are left out by the published code's test."""


DEFAULTS = SpoTreeSettings()


class NodeValue(NamedTuple):
    """Value of a node and the population standard deviation of its children (None for a leaf)."""

    path: str
    value: float
    std: float | None


class _Visit(NamedTuple):
    """A node where it stands in its tree."""

    node: Node
    path: str
    parent: int | None
    """Number of the visit to its parent, None for the root."""


class Edge(NamedTuple):
    """A training sample: the child's tokens, given the text of the parent's path."""

    parent: str
    child: str
    advantage: float
    child_value: float
    leaf: bool


class SpoTree(CreditMethod[SpoTreeSettings]):
    """V(child) - V(parent) in a sampled tree of segments."""

    Settings = SpoTreeSettings

    @property
    def needs(self) -> frozenset[Need]:
        """The sampled trees, and the node that each row is."""
        return frozenset({"branch values"})

    @property
    def meaning(self) -> Meaning:
        """What a turn added to the value, or how that compares with its siblings."""
        if self.settings.kind == "difference":
            return "own"
        return "relative"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> TurnCredit:
        """Return the advantage of the edge that leads to each row's node."""
        trees = require(evidence.trees, "trees", "spo_tree")
        nodes = require(evidence.node_R, "node_R", "spo_tree")
        # Paths repeat from group to group, so an edge is looked up with its group.
        gains: dict[tuple[int, str], float] = {}
        for group, root in trees.items():
            # Rows of edges that are dropped earn 0.
            gains |= {(group, visit.path): 0.0 for visit in _visits(root)[1:]}
            edges = spo_tree(root, **self.settings.model_dump())
            gains |= {(group, edge.child): edge.advantage for edge in edges}
        groups = batch.group_R.cpu().tolist()
        if len(nodes) != len(groups):
            raise ValueError(
                f"evidence.node_R has {len(nodes)} paths for {len(groups)} rows"
            )
        credit = []
        for row, key in enumerate(zip(groups, nodes, strict=True)):
            if key not in gains:
                raise ValueError(_no_such_edge(key, trees, batch.place(row)))
            credit.append(gains[key])
        row_R = torch.tensor(credit, dtype=torch.float64).to(batch.device)
        return TurnCredit(row_R, batch.broadcast(row_R))


def tree_values(root: Node) -> list[NodeValue]:
    """Values of all nodes, parents first: the reward of a leaf, else the mean of the children."""
    visits = _visits(root)
    below: list[list[float]] = [[] for _ in visits]
    from_the_end = []
    # Children come behind their parents, so from the end on all children of a node are known.
    for visit, values in zip(reversed(visits), reversed(below), strict=True):
        if visit.node.reward is not None:
            node = NodeValue(visit.path, float(visit.node.reward), None)
        else:
            # Population statistics over the children, as the published code takes them.
            in_order = values[::-1]
            mean, std = float(np.mean(in_order)), float(np.std(in_order))
            node = NodeValue(visit.path, mean, std)
        if visit.parent is not None:
            below[visit.parent].append(node.value)
        from_the_end.append(node)
    return from_the_end[::-1]


def spo_tree(
    root: Node,
    *,
    kind: EdgeAdvantage = DEFAULTS.kind,
    drop_zero: bool = DEFAULTS.drop_zero,
    reference: bool = DEFAULTS.reference,
) -> list[Edge]:
    """Advantage of every edge, parents first: V(child) - V(parent), or that / (std + 1e-8).

    The parent mean includes the child. With `drop_zero`, edges that teach nothing (a difference
    below 1e-12) are dropped. `reference` drops where advantage plus the difference of best-of-4
    values is exactly 0, which can drop an edge that teaches when values leave [0, 1].
    Source: Guo et al. 2025, arXiv 2505.23564, section 4.2. Linear time in nodes, of any depth.
    """
    if kind not in get_args(EdgeAdvantage):
        raise ValueError(unknown("kind", kind, get_args(EdgeAdvantage)))
    values = tree_values(root)
    edges = []
    for visit, below in zip(_visits(root), values, strict=True):
        if visit.parent is None:
            continue
        here = values[visit.parent]
        gain = below.value - here.value
        advantage = gain
        if kind == "normalised":
            # Equal children have a spread of 0, which must not divide.
            advantage = gain / ((here.std or 0.0) + 1e-8)
        teaches = abs(gain) > 1e-12
        if reference:
            best_of_four = (1 - here.value) ** 4 - (1 - below.value) ** 4
            teaches = advantage + best_of_four != 0
        if teaches or not drop_zero:
            leaf = not visit.node.children
            edges.append(Edge(here.path, below.path, advantage, below.value, leaf))
    return edges


def _visits(root: Node) -> list[_Visit]:
    """Return all nodes of a tree, parents first and children in order."""
    visits: list[_Visit] = []
    # A stack of our own, since a long episode is deeper than Python's.
    ahead = [_Visit(root, "root", None)]
    while ahead:
        visit = ahead.pop()
        number = len(visits)
        visits.append(visit)
        children = list(enumerate(visit.node.children))
        for place, child in reversed(children):
            ahead.append(_Visit(child, f"{visit.path}/{place}", number))
    return visits


def _no_such_edge(key: tuple[int, str], trees: Mapping[int, Node], place: str) -> str:
    group, path = key
    if group not in trees:
        known = ", ".join(str(known) for known in trees)
        return (
            f"evidence.trees has no tree for group {group}, that of {place}; it has {known}. "
            "Give each tree by its group's number in batch.group_R"
        )
    return (
        f"evidence.node_R is {path!r} for {place}, which leads to no node of the tree of group "
        f"{group}; write root/0/1 for child 1 of child 0 of the root"
    )
