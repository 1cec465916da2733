"""SPO-tree: values of a sampled tree of segments, and the advantage of each of its edges."""

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

import numpy as np
import torch

from shapley_coop.errors import unknown
from shapley_coop.rl.assignment.evidence import Evidence, Node, require
from shapley_coop.rl.assignment.method import CreditMethod, MethodSettings, Need
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

    def __call__(self, batch: Trajectories, evidence: Evidence) -> TurnCredit:
        """Return the advantage of the edge that leads to each row's node."""
        trees = require(evidence.trees, "trees", "spo_tree")
        nodes = require(evidence.node_R, "node_R", "spo_tree")
        settings = self.settings
        # Paths repeat from group to group, so an edge is looked up with its group.
        gains: dict[tuple[int, str], float] = {}
        for group, root in trees.items():
            edges = spo_tree(
                root,
                kind=settings.kind,
                drop_zero=settings.drop_zero,
                reference=settings.reference,
            )
            gains |= {(group, edge.child): edge.advantage for edge in edges}
        rows = zip(batch.group_R.cpu().tolist(), nodes, strict=True)
        # Edges that were dropped are not in the table, and their rows earn 0.
        credit = [gains.get(row, 0.0) for row in rows]
        row_R = torch.tensor(credit, dtype=torch.float64).to(batch.device)
        return TurnCredit(row_R, batch.broadcast(row_R))


def tree_values(root: Node, path: str = "root") -> list[NodeValue]:
    """Values of all nodes, parents first: the reward of a leaf, else the mean of the children."""
    if not root.children:
        return [NodeValue(path, float(root.reward or 0.0), None)]
    values = []
    descendants = []
    for child in root.children:
        below = tree_values(child, f"{path}/{child.name}")
        values.append(below[0].value)
        descendants += below
    # Population statistics over the children, as the published code takes them.
    here = NodeValue(path, float(np.mean(values)), float(np.std(values)))
    return [here, *descendants]


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
    Source: Guo et al. 2025, arXiv 2505.23564, section 4.2. Linear time in nodes.
    """
    if kind not in get_args(EdgeAdvantage):
        raise ValueError(unknown("kind", kind, get_args(EdgeAdvantage)))
    table = {node.path: node for node in tree_values(root)}
    edges = []
    for parent, child, leaf in _edges(root, "root"):
        here, below = table[parent], table[child]
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
            edges.append(Edge(parent, child, advantage, below.value, leaf))
    return edges


def _edges(node: Node, path: str) -> Iterator[tuple[str, str, bool]]:
    """Yield the paths of parent and child of every edge, and whether the child is a leaf."""
    for child in node.children:
        below = f"{path}/{child.name}"
        yield path, below, not child.children
        yield from _edges(child, below)
