"""Seat credit over time: the Shapley value of every prefix of an episode, and its differences."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch
from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence, require
from shapley_coop.rl.assignment.method import (
    Meaning,
    MethodSettings,
    Need,
    SeatMethod,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.scans import sum_to_end

CoalitionValue: TypeAlias = Callable[[int, tuple[int, ...]], float]
"""v(S) after the first t steps: (t, seats of S in rising order) -> value in reward units."""
ShapleyValue: TypeAlias = Callable[[Sequence[float]], Sequence[float]]
"""Values of the 2^n coalitions, coalition S at index sum of 2^i over its seats -> n credits."""


class ShapleySettings(MethodSettings):
    """Settings of seat credit over time."""

    form: Literal["shaped", "return"] = "shaped"
    """`shaped` pays a row the gain of its prefix. `return` pays the whole credit at the end."""


@dataclass(frozen=True, slots=True)
class ShapleyCredit(TurnCredit):
    """Credit to go of each row, with the reward of each row that it sums."""

    reward_R: Tensor
    """Seat credit earned by each row, which sums over a trajectory to its final credit."""


class Shapley(SeatMethod[ShapleySettings]):
    """Seat credit still to be earned from a turn on."""

    Settings = ShapleySettings

    @property
    def needs(self) -> frozenset[Need]:
        """The credit of every seat after every turn."""
        return frozenset({"seat credit"})

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on."""
        return "onward"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> ShapleyCredit:
        """Return the seat credit that is still to be earned from each row on."""
        return shapley_credit(self.seat_rewards(batch, evidence))

    def seat_rewards(self, batch: Trajectories, evidence: Evidence) -> Trajectories:
        """Return the batch with seat credit in the place of its rewards."""
        if self.settings.form == "return":
            final_N = require(
                evidence.final_credit_N, "final_credit_N", "shapley(form=return)"
            )
            return with_seat_credit(batch, final_N=final_N)
        prefix_R = require(
            evidence.prefix_credit_R, "prefix_credit_R", "shapley(form=shaped)"
        )
        start_N = evidence.start_credit_N
        return with_seat_credit(batch, prefix_R=prefix_R, start_N=start_N)


def prefix_credits(
    steps: int, seats: int, value: CoalitionValue, shapley: ShapleyValue
) -> Tensor:
    """Shapley credits after 0, 1, ..., `steps` steps of a replayed episode: [steps + 1, seats].

    Reward units. Asks for (steps + 1) 2^seats coalition values.
    """
    if steps < 0 or seats < 1:
        raise ValueError(f"need steps >= 0 and seats >= 1, got {steps} and {seats}")
    # Every step asks for the same coalitions, in the order of their codes.
    coalitions = [_members(code, seats) for code in range(2**seats)]
    rows = []
    for t in range(steps + 1):
        table = [value(t, members) for members in coalitions]
        credit = list(shapley(table))
        if len(credit) != seats:
            raise ValueError(
                f"the Shapley function gave {len(credit)} credits for {seats} seats"
            )
        rows.append(credit)
    return torch.tensor(rows, dtype=torch.float64)


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
        gain_R = prefix_gain(batch, prefix_R, start_N)
        return batch.with_rewards(gain_R, "the gain of prefix_credit_R")
    assert final_N is not None
    # The whole credit is paid at the end, where it became known.
    reward_R = torch.zeros_like(batch.reward_R)
    reward_R[batch.starts[1:] - 1] = batch.per_trajectory(final_N, "final_credit_N")
    return batch.with_rewards(reward_R, "final_credit_N")


def shapley_credit(batch: Trajectories) -> ShapleyCredit:
    """Credit to go of each row and its tokens, for a batch whose rewards are seat credit.

    The first row of a trajectory holds its whole credit. Time K.
    """
    row_R = sum_to_end(batch.reward_R, batch.starts)
    return ShapleyCredit(row_R, batch.broadcast(row_R), batch.reward_R)


def prefix_gain(
    batch: Trajectories, credit_R: Tensor, start_N: Tensor | None = None
) -> Tensor:
    """Return c_t - c_{t-1} inside each trajectory: [R].

    The sum over a trajectory is its final credit less `start_N`, that before the first row.
    """
    credit_R = batch.per_row(credit_R, "prefix_credit_R")
    before_R = torch.zeros_like(credit_R)
    before_R[1:] = credit_R[:-1]
    # What stands before a first row is another trajectory's credit, so it is put right here.
    first_N = batch.starts[:-1]
    before_R[first_N] = 0.0
    if start_N is not None:
        before_R[first_N] = batch.per_trajectory(start_N, "start_credit_N")
    return credit_R - before_R


def _members(code: int, seats: int) -> tuple[int, ...]:
    """Return the seats whose bits are set in the code of a coalition."""
    return tuple(seat for seat in range(seats) if code >> seat & 1)
