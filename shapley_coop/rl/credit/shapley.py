"""Seat credit over time: the Shapley value of every prefix of an episode, and its differences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import as_data, sum_to_end

Form = Literal["return", "shaped"]
CoalitionValue: TypeAlias = Callable[[int, tuple[int, ...]], float]
"""v(S) after the first t steps: (t, seats of S in rising order) -> value in reward units."""
ShapleyValue: TypeAlias = Callable[[Sequence[float]], Sequence[float]]
"""Values of the 2^n coalitions, coalition S at index sum of 2^i over its seats -> n credits."""


@dataclass(frozen=True, slots=True)
class ShapleyCredit(TurnCredit):
    """Credit to go of each row, with the reward of each row that it sums."""

    reward_R: Tensor
    """Seat credit earned by each row; sums over a trajectory to its final credit."""


def prefix_credits(
    steps: int, seats: int, value: CoalitionValue, shapley: ShapleyValue
) -> Tensor:
    """Shapley credits after 0, 1, ..., `steps` steps of a replayed episode: [steps + 1, seats].

    Reward units. Asks for (steps + 1) 2^seats coalition values.
    """
    if steps < 0 or seats < 1:
        raise ValueError(f"need steps >= 0 and seats >= 1, got {steps} and {seats}")
    rows = []
    for t in range(steps + 1):
        table = [value(t, _members(code, seats)) for code in range(2**seats)]
        credit = list(shapley(table))
        if len(credit) != seats:
            raise ValueError(
                f"the Shapley function gave {len(credit)} credits for {seats} seats"
            )
        rows.append(credit)
    return torch.tensor(rows, dtype=torch.float64)


def shaped_rewards(credit_TN: Tensor) -> Tensor:
    """Per-step rewards phi_t - phi_{t-1} from prefix credits [T+1, n]: [T, n].

    They telescope: the sum over the steps is the final credit less that of the empty prefix.
    """
    return credit_TN.diff(dim=0)


def with_seat_credit(
    batch: Trajectories,
    *,
    final_N: Tensor | None = None,
    prefix_R: Tensor | None = None,
    start_N: Tensor | None = None,
) -> Trajectories:
    """Replace the rewards by seat credit: all on the last row, or the gain of each prefix.

    Give either final_N, the credit of each trajectory's seat, or prefix_R, its credit after each
    row, with start_N, its credit before the first (default 0). All in reward units.
    """
    if (final_N is None) == (prefix_R is None):
        raise ValueError(
            "give either the final credits of the trajectories or their prefix credits"
        )
    if prefix_R is not None:
        return replace(batch, reward_R=prefix_gain(batch, prefix_R, start_N))
    assert final_N is not None
    last = batch.starts[1:] - 1
    if final_N.numel() != last.numel():
        raise ValueError(
            f"{final_N.numel()} final credits for {last.numel()} trajectories"
        )
    reward_R = torch.zeros_like(batch.reward_R)
    reward_R[last] = as_data(final_N).to(reward_R.dtype)
    return replace(batch, reward_R=reward_R)


def shapley_credit(batch: Trajectories) -> ShapleyCredit:
    """Credit to go of each row and its tokens, for a batch whose rewards are seat credit.

    The first row of a trajectory holds its whole credit. Time K.
    """
    row_R = sum_to_end(batch.reward_R, batch.starts)
    return ShapleyCredit(row_R, batch.broadcast(row_R), batch.reward_R)


def _members(code: int, seats: int) -> tuple[int, ...]:
    return tuple(seat for seat in range(seats) if code >> seat & 1)


def prefix_gain(
    batch: Trajectories, credit_R: Tensor, start_N: Tensor | None = None
) -> Tensor:
    """c_t - c_{t-1} inside each trajectory: [R]; its sum is the final credit less the first."""
    if credit_R.numel() != batch.reward_R.numel():
        raise ValueError(
            f"{credit_R.numel()} prefix credits for {batch.reward_R.numel()} rows"
        )
    starts_N = batch.starts
    credit_R = as_data(credit_R)
    before_R = torch.zeros_like(credit_R)
    before_R[1:] = credit_R[:-1]
    before_R[starts_N[:-1]] = 0.0 if start_N is None else start_N.to(credit_R.dtype)
    return credit_R - before_R
