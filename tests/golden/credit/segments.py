"""What SPO's code does to texts that the product does not do to turns: equal parts, rollouts."""

from collections.abc import Sequence
from typing import NamedTuple

import torch


class Rollout(NamedTuple):
    """One continuation from a branch point."""

    reward: float
    truncated: bool = False


def boundary_value(rollouts: Sequence[Rollout]) -> float:
    """Mean reward of the continuations, of which a truncated one counts 0."""
    if not rollouts:
        raise ValueError("a boundary value needs at least one rollout")
    return sum(0.0 if r.truncated else r.reward for r in rollouts) / len(rollouts)


def equal_starts(
    spans: torch.Tensor, segments: int, *, reference: bool = False
) -> torch.Tensor:
    """First token of each of `segments` parts of equal length, the first longer by one: [M].

    spans: token offsets of the trajectories. That the longer parts come first is what the reference
    does: its 10 tokens in 4 parts fall into 3, 3, 2 and 2. `reference` leaves out the first part,
    whose value (that of the prompt) the reference does not estimate.
    """
    if segments < 1:
        raise ValueError(f"segments must be at least 1, got {segments}")
    length_N = spans.diff()[:, None]
    part = torch.arange(1 if reference else 0, segments)[None, :]
    start = part * (length_N // segments) + torch.minimum(part, length_N % segments)
    fits = (start < length_N) & ((part == 0) | (start > 0))
    return (spans[:-1, None] + start)[fits]
