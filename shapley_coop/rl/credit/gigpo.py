"""GiGPO: episodes compared within a task, and turns compared where the same state recurred."""

from dataclasses import dataclass
from typing import Annotated, Literal, NamedTuple

import torch
from pydantic import Field
from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Need,
    Positive,
    Share,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.anchors import exact_groups, similar_groups
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.gate import as_data, as_truth
from shapley_coop.rl.trajectories.ragged import (
    group_mean,
    group_size,
    group_std,
    unique_pairs,
)
from shapley_coop.rl.trajectories.scans import sum_to_end


class GigpoSettings(MethodSettings):
    """Settings of GiGPO. The defaults are the paper's, with Eq. 3 statistics over trajectories."""

    gamma: Share = 0.95
    """Discount of the step return, a turn."""
    step_weight: float = 1.0
    """Weight omega of the step advantage."""
    norm: Literal["mean_norm", "mean_std_norm"] = "mean_norm"
    """Whether scores are centred alone, or also divided by their standard deviation."""
    statistics: Literal["trajectory", "row"] = "trajectory"
    """`trajectory` counts one score an episode. `row`, the released default, lets long episodes
    weigh more."""
    invalid_penalty: Annotated[float, Field(ge=0.0)] = 0.1
    """Taken from both scores of a row whose reply did not parse, in reward units."""
    similarity: Share | None = None
    """Threshold of similarity grouping over texts. None groups equal keys."""
    epsilon: Positive = 1e-6
    """Added to the standard deviation before a division."""
    reference: bool = False
    """Whether lone samples, repeated rows and penalties count as in the published code."""


DEFAULTS = GigpoSettings()


class StepRows(NamedTuple):
    """Rows in any order, one field an axis [R].

    Cohorts and trajectories are numbered from 0 with none left out. `valid_R` says whether the
    reply parsed.
    """

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


class Gigpo(CreditMethod[GigpoSettings]):
    """Episodes compared within a task, and turns compared where the same state recurred."""

    Settings = GigpoSettings

    @property
    def needs(self) -> frozenset[Need]:
        """Texts of the states, if they are compared by likeness."""
        if self.settings.similarity is None:
            return frozenset()
        return frozenset({"state texts"})

    @property
    def meaning(self) -> Meaning:
        """How a turn compares with the others of its task."""
        return "relative"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> GigpoCredit:
        """Return joint advantages. Equal states are found by anchors, or by `evidence.texts`."""
        texts = None
        if evidence.texts is not None:
            texts = list(evidence.texts)
        return gigpo(batch, self.settings, texts=texts)


def gigpo(
    batch: Trajectories,
    settings: GigpoSettings = DEFAULTS,
    *,
    texts: list[str] | None = None,
) -> GigpoCredit:
    """Credit [R] and [K] of a batch, where a cohort is a task group with a seat.

    `texts` [R] are the states as text, which `settings.similarity` compares.
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
    scores = gigpo_rows(rows, settings, texts=texts)
    joint = batch.per_row(scores.joint_advantage, "the credit of gigpo")
    return GigpoCredit(joint, batch.broadcast(joint), scores)


def gigpo_rows(
    rows: StepRows,
    settings: GigpoSettings,
    *,
    texts: list[str] | None = None,
) -> GigpoScores:
    """Every stage of GiGPO for rows [R] in any order.

    The sound form gives a lone episode advantage 0, refuses repeated rows and scores an episode by
    the mean of its penalised rows. `settings.reference` gives a lone sample its raw score, lets
    repeated rows enter every statistic, and scores an episode by its first row in the batch.
    """
    rows = rows._replace(
        reward_R=as_data(rows.reward_R), valid_R=as_truth(rows.valid_R)
    )
    discounted, episode_return = _returns(rows, settings)
    penalty = settings.invalid_penalty * (~rows.valid_R).to(discounted.dtype)
    # A reply that did not parse costs the turn and the whole episode.
    episode_score = episode_return - penalty
    step_score = discounted - penalty

    episode_advantage = _episode_advantage(rows, episode_score, settings)
    step_group = _step_groups(rows, settings, texts)
    step_advantage = _centre(step_score, step_group, step_score, step_group, settings)
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


def _returns(rows: StepRows, settings: GigpoSettings) -> tuple[Tensor, Tensor]:
    """Return the discounted and the plain return of every row. A repeated row counts once."""
    # One number for each (trajectory, turn), whose rising order is that of play.
    place_R = unique_pairs(rows.trajectory_R, rows.turn_R)
    trajectory_U = rows.trajectory_R.new_zeros(_count(place_R))
    trajectory_U[place_R] = rows.trajectory_R
    repeats = place_R.numel() - trajectory_U.numel()
    if repeats and not settings.reference:
        raise ValueError(
            f"{repeats} rows repeat a (trajectory, turn): keep one row a turn"
        )

    reward_U = rows.reward_R.new_zeros(trajectory_U.numel())
    reward_U[place_R] = rows.reward_R
    ends = trajectory_U.diff().nonzero().flatten() + 1
    size = ends.new_full((1,), trajectory_U.numel())
    offsets = torch.cat([ends.new_zeros(1), ends, size])
    # Returns are formed over distinct turns and read by all rows of a turn.
    discounted_U = sum_to_end(reward_U, offsets, settings.gamma)

    total_N = rows.reward_R.new_zeros(_count(trajectory_U))
    total_N.index_add_(0, trajectory_U, reward_U)
    return discounted_U[place_R], total_N[rows.trajectory_R]


def _episode_advantage(
    rows: StepRows, score_R: Tensor, settings: GigpoSettings
) -> Tensor:
    """Compare each row's episode score with the episodes of its cohort: [R]."""
    sample, sample_cohort = score_R, rows.cohort_R
    if settings.statistics == "trajectory":
        first_N = _first_rows(rows.trajectory_R)
        sample, sample_cohort = score_R[first_N], rows.cohort_R[first_N]
        if not settings.reference:
            episodes = _count(rows.trajectory_R)
            # Every row of an episode may hold another penalty, so their mean speaks for it.
            mean_N = group_mean(score_R, rows.trajectory_R, episodes)
            sample = mean_N[rows.trajectory_R[first_N]]
    advantage_R = _centre(score_R, rows.cohort_R, sample, sample_cohort, settings)
    if not settings.reference:
        # A lone episode has nobody to be compared with, so it earns nothing.
        return torch.where(_lone_rows(rows), 0.0, advantage_R)

    raw_R = score_R
    if settings.norm == "mean_std_norm":
        raw_R = score_R / (1.0 + settings.epsilon)
    size_C = group_size(sample_cohort, _count(rows.cohort_R))
    return torch.where(size_C[rows.cohort_R] == 1, raw_R, advantage_R)


def _centre(
    x_R: Tensor,
    group_R: Tensor,
    sample: Tensor,
    sample_group: Tensor,
    settings: GigpoSettings,
) -> Tensor:
    """Centre rows by the statistics of a sample: [R].

    A group of one has itself as mean and spread 1.
    """
    groups = _count(group_R)
    mean_G = group_mean(sample, sample_group, groups)
    centred_R = x_R - mean_G[group_R]
    if settings.norm == "mean_norm":
        return centred_R
    size_G = group_size(sample_group, groups)
    std_G = group_std(sample, sample_group, groups)
    divisor_G = torch.where(size_G > 1, std_G, 1.0) + settings.epsilon
    return centred_R / divisor_G[group_R]


def _step_groups(
    rows: StepRows, settings: GigpoSettings, texts: list[str] | None
) -> Tensor:
    if settings.similarity is None:
        return exact_groups(rows.cohort_R, rows.anchor_R)
    if texts is None:
        raise ValueError(f"similarity {settings.similarity} needs texts, one a row")
    return similar_groups(
        rows.cohort_R, texts, settings.similarity, reference=settings.reference
    )


def _lone_rows(rows: StepRows) -> Tensor:
    """Return which rows belong to a cohort of a single trajectory: [R]."""
    first_N = _first_rows(rows.trajectory_R)
    cohorts = _count(rows.cohort_R)
    size_C = group_size(rows.cohort_R[first_N], cohorts)
    return size_C[rows.cohort_R] == 1


def _first_rows(trajectory_R: Tensor) -> Tensor:
    """Return the index of the first row of every trajectory, in batch order: [N]."""
    rows = torch.arange(trajectory_R.numel(), device=trajectory_R.device)
    first_N = rows.new_full((_count(trajectory_R),), rows.numel())
    return first_N.scatter_reduce_(0, trajectory_R, rows, "amin")


def _count(ids: Tensor) -> int:
    """Return how many groups there are if all are numbered from 0."""
    if not ids.numel():
        return 0
    return int(ids.max()) + 1
