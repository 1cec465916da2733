"""Step rewards for the min form: from prefix credits, from a judge's scores, or from a rule."""

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch
from torch import Tensor

from shapley_coop.rl.credit.shapley import prefix_gain
from shapley_coop.rl.trajectories.batch import Trajectories

Move = TypeVar("Move")


def from_prefix_credit(
    batch: Trajectories,
    credit_R: Tensor,
    start_N: Tensor | None = None,
    scale: float = 1.0,
) -> Tensor:
    """Squashed gain of credit of each row: tanh((c_t - c_{t-1}) / scale), in (-1, 1): [R].

    credit_R: seat credit of the prefix that ends with the row. start_N: credit before the first row
    (default 0). scale: gain of reward units that counts as clearly right.
    """
    if not 0.0 < scale < math.inf:
        raise ValueError(f"scale must be above 0, got {scale}")
    # The hyperbolic tangent keeps the order of gains and their sign.
    return torch.tanh(prefix_gain(batch, credit_R, start_N) / scale)


def largest_gain(
    batch: Trajectories, credit_R: Tensor, start_N: Tensor | None = None
) -> float:
    """Return the largest gain or loss of credit in one row, or 1 where nothing was gained."""
    gain_R = prefix_gain(batch, credit_R, start_N)
    if not gain_R.numel():
        return 1.0
    return float(gain_R.abs().max()) or 1.0


def outcome_shares(batch: Trajectories, return_N: Tensor) -> Tensor:
    """Return where each return stands between the least, 0, and the most, 1, of its cohort: [N].

    So outcomes have the scale of process rewards, whatever the game pays. Equal returns are 0.
    """
    cohort_N = batch.cohort
    least_C = return_N.new_full((batch.cohorts,), torch.inf)
    least_C.scatter_reduce_(0, cohort_N, return_N, "amin")
    most_C = return_N.new_full((batch.cohorts,), -torch.inf)
    most_C.scatter_reduce_(0, cohort_N, return_N, "amax")
    above_N = return_N - least_C[cohort_N]
    range_N = (most_C - least_C)[cohort_N]
    return torch.where(range_N > 0, above_N / range_N, 0.0)


def from_judge(score_R: Sequence[float]) -> Tensor:
    """Process rewards 2 p - 1 from a judge's probabilities p that a step is right: [R]."""
    p_R = torch.tensor(list(score_R), dtype=torch.float64)
    # NaN compares as false with everything, so it is asked for by name.
    outside_R = (p_R < 0) | (p_R > 1) | p_R.isnan()
    if bool(outside_R.any()):
        raise ValueError(
            f"a judge's probabilities must lie in [0, 1], got {list(score_R)[:9]}"
        )
    return 2 * p_R - 1


def from_rule(moves: Sequence[Move], rule: Callable[[Move], float]) -> Tensor:
    """Process rewards of a rule of the game, one step at a time: [R], each in [-1, 1]."""
    rewards = [float(rule(move)) for move in moves]
    for place, reward in enumerate(rewards):
        if not -1.0 <= reward <= 1.0:
            raise ValueError(
                f"the rule gave {reward} at step {place}: it must lie in [-1, 1]"
            )
    return torch.tensor(rewards, dtype=torch.float64)
