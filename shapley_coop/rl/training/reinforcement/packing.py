"""The decisions of a batch as tensors, in the order of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from shapley_coop.rl.training.reinforcement.lessons import DecisionLessons
from shapley_coop.rl.training.reinforcement.rollout import Playthrough, SeatLine


class PackedLines(NamedTuple):
    """The decisions of a batch as tensors, in the order of the lines."""

    start_N: Tensor
    length_N: Tensor
    seen_RF: Tensor
    mask_RA: Tensor
    judged_RJ: Tensor
    seat_R: Tensor
    action_R: Tensor
    logprob_R: Tensor
    advantage_R: Tensor
    """With mean 0 and variance 1."""
    target_R: Tensor
    """In units of the policy's scale."""


def pack(lessons: DecisionLessons, scale: float, device: torch.device) -> PackedLines:
    """Return lessons as tensors on a device.

    Args:
        lessons: what is learned.
        scale: what a critic's value of 1 is in reward units.
        device: where the tensors go.
    """
    decisions = [decision for line in lessons.lines for decision in line.decisions]
    lengths = torch.tensor([len(line.decisions) for line in lessons.lines])
    advantage_R = lessons.advantage_R
    # Games pay in ones or in thousands, and the step must not hang on it.
    centred_R = advantage_R - advantage_R.mean()
    spread = centred_R.square().mean().sqrt()

    def stack(arrays: list[Any]) -> Tensor:
        return torch.from_numpy(np.stack(arrays)).to(device)

    return PackedLines(
        start_N=(lengths.cumsum(0) - lengths).to(device),
        length_N=lengths.to(device),
        seen_RF=stack([decision.seen_F for decision in decisions]),
        mask_RA=stack([decision.mask_A for decision in decisions]).bool(),
        judged_RJ=stack([decision.judged_J for decision in decisions]),
        seat_R=torch.tensor(_seats(lessons.lines), device=device),
        action_R=torch.tensor(
            [decision.action for decision in decisions], device=device
        ),
        logprob_R=torch.tensor([d.logprob for d in decisions], device=device),
        advantage_R=(centred_R / (spread + 1e-8)).float().to(device),
        target_R=(lessons.target_R / scale).float().to(device),
    )


def _seats(lines: Sequence[SeatLine]) -> list[int]:
    return [line.seat for line in lines for _ in line.decisions]


def spread_of(plays: Sequence[Playthrough]) -> float:
    """Return the standard deviation of what seats were paid, and at least a thousandth."""
    returns = [paid for play in plays for paid in play.returns.values()]
    return max(float(np.std(returns)), 1e-3)
