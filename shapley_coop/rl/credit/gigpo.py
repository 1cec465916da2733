"""GiGPO: episodes compared within a task, and turns compared where the same state recurred."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.anchors import exact_groups, similar_groups
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    group_mean,
    group_std,
    sum_to_end,
    unique_ids,
)

Norm = Literal["mean_norm", "mean_std_norm"]
Statistics = Literal["trajectory", "row"]


@dataclass(frozen=True, slots=True)
class GigpoSettings:
    """Numbers of GiGPO; the defaults are the paper's, with Eq. 3 statistics over trajectories."""

    gamma: float = 0.95
    """Discount of the step return, a turn."""
    step_weight: float = 1.0
    """Weight omega of the step advantage."""
    norm: Norm = "mean_norm"
    statistics: Statistics = "trajectory"
    """`trajectory`: one score an episode; `row`: long episodes weigh more (released default)."""
    invalid_penalty: float = 0.1
    """Taken from both scores of a row whose reply did not parse, in reward units."""
    similarity: float | None = None
    """Threshold in [0, 1] of similarity grouping over texts; None groups equal keys."""
    epsilon: float = 1e-6

    def __post_init__(self) -> None:
        """Raise ValueError on a choice that does not exist."""
        if self.norm not in ("mean_norm", "mean_std_norm"):
            raise ValueError(
                f"norm {self.norm!r} is unknown: choose mean_norm or mean_std_norm"
            )
        if self.statistics not in ("trajectory", "row"):
            raise ValueError(
                f"statistics {self.statistics!r} is unknown: choose trajectory or row"
            )


class StepRows(NamedTuple):
    """Rows in any order; trajectories are numbered from 0, none left out; valid: reply parsed."""

    cohort_R: Tensor
    trajectory_R: Tensor
    turn_R: Tensor
    anchor_R: Tensor
    reward_R: Tensor
    valid_R: Tensor


@dataclass(frozen=True, slots=True)
class GigpoScores:
    """Every stage of GiGPO, one number a row."""

    discounted_return: Tensor
    episode_return: Tensor
    episode_score: Tensor
    step_score: Tensor
    episode_advantage: Tensor
    step_group: Tensor
    step_advantage: Tensor
    joint_advantage: Tensor


@dataclass(frozen=True, slots=True)
class GigpoCredit(TurnCredit):
    """Joint advantage of each row, on all of its tokens, with the stages behind it."""

    scores: GigpoScores


def gigpo(
    batch: Trajectories,
    settings: GigpoSettings = GigpoSettings(),
    *,
    texts: list[str] | None = None,
    reference: bool = False,
) -> GigpoCredit:
    """Credit [R] and [K] of a batch; cohorts are (task group, seat). `texts` [R]: see similarity.

    Source: Feng et al. 2025, arXiv 2505.10978, Eq. 3 to 9. Time R log R + K.
    """
    rows = StepRows(
        batch.cohort[batch.trajectory],
        batch.trajectory,
        batch.turn_R,
        batch.anchor_R,
        batch.reward_R,
        batch.valid_R,
    )
    scores = gigpo_rows(rows, settings, texts=texts, reference=reference)
    joint = scores.joint_advantage
    return GigpoCredit(joint, batch.broadcast(joint), scores)


def gigpo_rows(
    rows: StepRows,
    settings: GigpoSettings,
    *,
    texts: list[str] | None = None,
    reference: bool = False,
) -> GigpoScores:
    """Every stage of GiGPO for rows [R] in any order.

    The sound form gives a lone episode advantage 0, refuses repeated rows and scores an episode by
    the mean of its penalised rows. `reference` gives a lone sample its raw score, lets repeated
    rows enter every statistic, and scores an episode by its first row in the batch.
    """
    discounted, episode_return = _returns(rows, settings.gamma, reference=reference)
    penalty = settings.invalid_penalty * (~rows.valid_R).to(discounted.dtype)
    episode_score, step_score = episode_return - penalty, discounted - penalty
    episode_advantage = _episode_advantage(
        rows, episode_score, settings, reference=reference
    )
    step_group = _step_groups(rows, settings, texts)
    groups = _count(step_group)
    step_advantage = _normalise(
        step_score, step_group, step_score, step_group, groups, settings
    )
    joint = episode_advantage + settings.step_weight * step_advantage
    return GigpoScores(
        discounted,
        episode_return,
        episode_score,
        step_score,
        episode_advantage,
        step_group,
        step_advantage,
        joint,
    )


def _returns(rows: StepRows, gamma: float, *, reference: bool) -> tuple[Tensor, Tensor]:
    """Discounted and plain return of every row; a repeated row counts once."""
    turns = int(rows.turn_R.max()) + 1 if rows.turn_R.numel() else 1
    key_R = rows.trajectory_R * turns + rows.turn_R
    place_R = unique_ids(key_R)
    key_U = key_R.new_zeros(_count(place_R))
    key_U[place_R] = key_R
    if key_U.numel() < key_R.numel() and not reference:
        raise ValueError(
            f"{key_R.numel() - key_U.numel()} rows repeat a (trajectory, turn): keep one row a turn"
        )
    reward_U = rows.reward_R.new_zeros(key_U.numel())
    reward_U[place_R] = rows.reward_R
    trajectory_U = key_U // turns
    ends = trajectory_U.diff().nonzero().flatten() + 1
    offsets = torch.cat([ends.new_zeros(1), ends, ends.new_tensor([key_U.numel()])])
    total_N = rows.reward_R.new_zeros(_count(trajectory_U)).index_add_(
        0, trajectory_U, reward_U
    )
    return sum_to_end(reward_U, offsets, gamma)[place_R], total_N[rows.trajectory_R]


def _episode_advantage(
    rows: StepRows, score_R: Tensor, settings: GigpoSettings, *, reference: bool
) -> Tensor:
    cohorts = _count(rows.cohort_R)
    if settings.statistics == "row":
        sample, sample_cohort = score_R, rows.cohort_R
    else:
        first_N = _first_rows(rows.trajectory_R)
        sample, sample_cohort = score_R[first_N], rows.cohort_R[first_N]
        if not reference:
            sample = group_mean(score_R, rows.trajectory_R, _count(rows.trajectory_R))
            sample = sample[rows.trajectory_R[first_N]]
    advantage = _normalise(
        score_R, rows.cohort_R, sample, sample_cohort, cohorts, settings
    )
    size_R = torch.bincount(sample_cohort, minlength=cohorts)[rows.cohort_R]
    if not reference:
        return torch.where(_lone(rows, cohorts), 0.0, advantage)
    raw = (
        score_R / (1.0 + settings.epsilon)
        if settings.norm == "mean_std_norm"
        else score_R
    )
    return torch.where(size_R == 1, raw, advantage)


def _normalise(
    x_R: Tensor,
    group_R: Tensor,
    sample: Tensor,
    sample_group: Tensor,
    groups: int,
    settings: GigpoSettings,
) -> Tensor:
    """Centre rows by the statistics of a sample; a group of one has mean itself and spread 1."""
    centred_R = x_R - group_mean(sample, sample_group, groups)[group_R]
    if settings.norm == "mean_norm":
        return centred_R
    size_G = torch.bincount(sample_group, minlength=groups)
    std_G = torch.where(size_G > 1, group_std(sample, sample_group, groups), 1.0)
    return centred_R / (std_G + settings.epsilon)[group_R]


def _step_groups(
    rows: StepRows, settings: GigpoSettings, texts: list[str] | None
) -> Tensor:
    if settings.similarity is None:
        return exact_groups(rows.cohort_R, rows.anchor_R)
    if texts is None:
        raise ValueError(f"similarity {settings.similarity} needs texts, one a row")
    return similar_groups(rows.cohort_R, texts, settings.similarity)


def _lone(rows: StepRows, cohorts: int) -> Tensor:
    """Rows whose cohort holds a single trajectory: nothing to compare with."""
    first_N = _first_rows(rows.trajectory_R)
    size_C = torch.bincount(rows.cohort_R[first_N], minlength=cohorts)
    return size_C[rows.cohort_R] == 1


def _first_rows(trajectory_R: Tensor) -> Tensor:
    """Index of the first row of every trajectory, in batch order."""
    rows = torch.arange(trajectory_R.numel())
    first_N = rows.new_full((_count(trajectory_R),), rows.numel())
    return first_N.scatter_reduce_(0, trajectory_R, rows, "amin")


def _count(ids: Tensor) -> int:
    return int(ids.max()) + 1 if ids.numel() else 0
