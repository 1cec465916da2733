"""SPO-tree: values of a sampled tree of segments, and the advantage of each of its edges."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

Kind = Literal["difference", "normalised"]


@dataclass(frozen=True, slots=True)
class Node:
    """A segment of a sampled tree; a leaf carries the outcome, an inner node its continuations."""

    name: str = ""
    children: tuple["Node", ...] = ()
    reward: float | None = None
    """Outcome of a leaf, in reward units."""

    def __post_init__(self) -> None:
        """Raise ValueError unless the node is either a leaf with a reward or has children."""
        if bool(self.children) == (self.reward is not None):
            raise ValueError(f"node {self.name!r} needs either children or a reward")


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


def tree_values(root: Node, path: str = "root") -> list[NodeValue]:
    """Values of all nodes, parents first: the reward of a leaf, else the mean of the children."""
    if not root.children:
        return [NodeValue(path, float(root.reward or 0.0), None)]
    below = [tree_values(child, f"{path}/{child.name}") for child in root.children]
    values = [nodes[0].value for nodes in below]
    here = NodeValue(path, float(np.mean(values)), float(np.std(values)))
    return [here, *(node for nodes in below for node in nodes)]


def spo_tree(
    root: Node,
    *,
    kind: Kind = "difference",
    drop_zero: bool = True,
    reference: bool = False,
) -> list[Edge]:
    """Advantage of every edge, parents first: V(child) - V(parent), or that / (std + 1e-8).

    The parent mean includes the child. Edges that teach nothing (a difference below 1e-12) are
    dropped if so; `reference` drops where advantage plus the difference of best-of-4 values is
    exactly 0, which can drop an edge that teaches when values leave [0, 1].
    Source: Guo et al. 2025, arXiv 2505.23564, section 4.2. Linear time in nodes.
    """
    if kind not in ("difference", "normalised"):
        raise ValueError(f"kind {kind!r} is unknown: choose difference or normalised")
    table = {node.path: node for node in tree_values(root)}
    edges = []
    for parent, child, leaf in _edges(root, "root"):
        here, below = table[parent], table[child]
        gain = below.value - here.value
        advantage = gain / ((here.std or 0.0) + 1e-8) if kind == "normalised" else gain
        best_of_four = (1 - here.value) ** 4 - (1 - below.value) ** 4
        teaches = advantage + best_of_four != 0 if reference else abs(gain) > 1e-12
        if teaches or not drop_zero:
            edges.append(Edge(parent, child, advantage, below.value, leaf))
    return edges


def _edges(node: Node, path: str) -> Iterator[tuple[str, str, bool]]:
    for child in node.children:
        below = f"{path}/{child.name}"
        yield path, below, not child.children
        yield from _edges(child, below)
