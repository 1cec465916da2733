"""What a credit method may look at beside the batch itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from torch import Tensor

from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import span_sum

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Node:
    """A segment of a sampled tree.

    A leaf carries the outcome, and an inner node carries its continuations.
    """

    name: str = ""
    """What errors call it. Edges go by their paths, so names may be equal or left out."""
    children: tuple[Node, ...] = ()
    reward: float | None = None
    """Outcome of a leaf, in reward units."""

    def __post_init__(self) -> None:
        """Raise ValueError unless the node has either children or a finite reward."""
        # A leaf without outcome has no value, and an inner node takes its own from below.
        if bool(self.children) == (self.reward is not None):
            raise ValueError(f"node {self.name!r} needs either children or a reward")
        if self.reward is not None and not math.isfinite(self.reward):
            raise ValueError(
                f"the reward of node {self.name!r} is {self.reward}; it must be finite"
            )


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a method may need beyond the batch. An error names the field that is missing."""

    final_credit_N: Tensor | None = None
    """Seat credit of each trajectory, reward units."""
    prefix_credit_R: Tensor | None = None
    """Seat credit of the prefix that ends with each row."""
    start_credit_N: Tensor | None = None
    """Seat credit of the empty prefix. None means 0."""
    process_reward_R: Tensor | None = None
    """Process reward of each row, in (-1, 1)."""
    outcome_N: Tensor | None = None
    """Outcome of each trajectory. None means the sum of its rewards."""
    segment_start_M: Tensor | None = None
    """First own token of each segment. None means that every turn is a segment."""
    segment_value_M: Tensor | None = None
    """Monte-Carlo value before each segment."""
    texts: Sequence[str] | None = None
    """State of each row as text, for similarity grouping."""
    trees: Mapping[int, Node] | None = None
    """Sampled tree of each task group, by its number in `Trajectories.group_R`."""
    node_R: Sequence[str] | None = None
    """Path of the tree node that each row is: "root/0/1" is child 1 of child 0 of the root."""


def require(value: Value | None, name: str, method: str) -> Value:
    """Return a field of the evidence.

    Raises:
        ValueError: the field is missing. The error names it and the method that needs it.
    """
    if value is None:
        raise ValueError(f"{method} needs evidence.{name}, which was not given")
    return value


def outcomes(batch: Trajectories, evidence: Evidence) -> Tensor:
    """Return the outcome of each trajectory: [N], the sum of its rewards where none is stated."""
    if evidence.outcome_N is not None:
        return batch.per_trajectory(evidence.outcome_N, "outcome_N")
    return span_sum(batch.reward_R, batch.starts)
