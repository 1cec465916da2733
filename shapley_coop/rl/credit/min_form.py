"""Min-form credit (PURE): an answer is worth its worst step, so that step carries the credit."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence, outcomes, require
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Need,
    Positive,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    group_size,
    next_in_span,
    others_sum,
    span_ids,
    span_sum,
    spread,
    whiten_own,
)
from shapley_coop.rl.trajectories.scans import Ends, min_to_end, sum_to_end

Form = Literal["soft", "strict", "sum"]
"""`soft` minimum, `strict` minimum over steps, or the plain `sum` of process rewards."""


class MinFormSettings(MethodSettings):
    """Settings of the min form. The defaults are those of PURE's training script."""

    form: Form = "soft"
    temperature: Positive = 0.1
    """Temperature T of the soft minimum, in units of process reward."""
    baseline: Literal["token", "step", "none"] = "token"
    """Whether the others' mean a `token` or a `step` is taken from each step, or `none`."""
    outcome_weight: float = 1.0
    """Weight of the outcome, less the mean of the others, at the last step."""
    use_process: bool = True
    """False leaves the outcome alone (the published VR mode)."""
    mask_step_ends: bool = False
    """Set the credit of the last token of each step to 0 (default of the released trainer)."""
    reference: bool = False
    """Whether tokens are counted as in the published code."""


DEFAULTS = MinFormSettings()


@dataclass(frozen=True, slots=True)
class MinFormCredit(TurnCredit):
    """Credit to go of every step and token, with the step rewards behind it."""

    transformed_R: Tensor
    """Process reward after the min form."""
    baselined_R: Tensor
    """Step reward after baseline and outcome, before token rewards."""
    outcome_N: Tensor
    """Sum of the transformed rewards of each answer."""
    own_K: Tensor
    ends_masked: bool

    def normalise(self, *, reference: bool = False) -> Tensor:
        """Advantages with mean 0 and variance 1 over the own tokens: [K].

        `reference` leaves out tokens by their value 0, divides both sums by the number left but
        sums the variance over all tokens, and keeps the zeros, as the released trainer does.
        """
        if not reference:
            return whiten_own(self.token_K, self.own_K, self.own_K)
        # The published normalisation, with its slips kept one by one.
        x_K = self.token_K
        nonzero = (x_K != 0).sum()
        mean = x_K.sum() / nonzero
        squared_K = (x_K - mean) ** 2
        variance = (squared_K * self.own_K).sum() / nonzero
        white_K = (x_K - mean) * variance.clamp(min=1e-8).rsqrt()
        if not self.ends_masked:
            return white_K
        return torch.where(x_K != 0, white_K, 0.0)


class MinForm(CreditMethod[MinFormSettings]):
    """The (soft) minimum of the process rewards from a step on, less that of the others."""

    Settings = MinFormSettings

    @property
    def needs(self) -> frozenset[Need]:
        """A process reward for each step."""
        return frozenset({"process rewards"})

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on."""
        return "onward"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> MinFormCredit:
        """Return credit to go from `evidence.process_reward_R` and the outcomes."""
        process_R = require(evidence.process_reward_R, "process_reward_R", "min_form")
        solved_N = outcomes(batch, evidence)
        return min_form(batch, process_R, solved_N, self.settings)


def soft_min(
    reward_R: Tensor,
    offsets: Tensor,
    temperature: float | None = DEFAULTS.temperature,
) -> Tensor:
    """r_i softmax_i(-r / T) over the steps of each answer: [R], with weights 1/n when T is None.

    Summed over an answer this tends to min r as T tends to 0.
    Source: Cheng et al. 2025, arXiv 2504.15275, Eq. 6.
    """
    length_N = offsets.diff()
    if temperature is None:
        return reward_R / spread(length_N, offsets).clamp(min=1)
    answer_R = span_ids(offsets)
    least_N = reward_R.new_full((length_N.numel(),), torch.inf)
    least_N.scatter_reduce_(0, answer_R, reward_R, "amin")
    # The least is taken off before the exponential, which could overflow else.
    weight_R = torch.exp((least_N[answer_R] - reward_R) / temperature)
    total_N = span_sum(weight_R, offsets)
    return reward_R * weight_R / total_N[answer_R]


def strict_min(reward_R: Tensor, offsets: Tensor) -> Tensor:
    """Step rewards whose sum from step i on is exactly the minimum of r from i on: [R].

    The minimum runs over steps alone. The sum telescopes: r*_i = min_{j>=i} r_j - min_{j>i} r_j.
    """
    to_go_R = min_to_end(reward_R, offsets)
    return to_go_R - next_in_span(to_go_R, offsets)


def min_form(
    batch: Trajectories,
    process_reward_R: Tensor,
    solved_N: Tensor,
    settings: MinFormSettings = DEFAULTS,
) -> MinFormCredit:
    """Credit of each row (step) and token: the sum of baselined step rewards from it to the end.

    process_reward_R: raw rewards in (-1, 1). solved_N: outcome of each trajectory in [0, 1]. Peers
    are the other trajectories of the cohort. Without any, nothing is subtracted. Token rewards of
    the batch (a KL penalty) are added. `settings.reference` counts content tokens (all but the last
    of a step) in the token baseline of a step, yet all tokens in the rate, so that steps of one
    token have no baseline. Its form applies as ever: rewards that come transformed, as into the
    published code, take the form `sum`. That a lone answer has baseline 0, and keeps its outcome
    whole, is decided by us in both forms, since the reference then divides nothing by nothing and
    no known case shows what it makes of that.
    Source: Cheng et al. 2025, arXiv 2504.15275, and its OpenRLHF code. Time K log L.
    """
    process_reward_R = batch.per_row(process_reward_R, "process_reward_R")
    solved_N = batch.per_trajectory(solved_N, "outcome_N")
    own = batch.own()
    require_own_tokens(own)
    transformed_R = _transform(process_reward_R, own.starts, settings)
    reward_R = transformed_R - _baseline_of_steps(transformed_R, own, settings)
    beyond_others_N = solved_N - _mean_of_others(solved_N, own)
    last_N = own.starts[1:] - 1
    reward_R[last_N] += settings.outcome_weight * beyond_others_N
    to_go_R = sum_to_end(reward_R, own.starts)

    # A step's reward falls on its last token, beside that token's own reward.
    end_R = own.offsets[1:] - 1
    ends = Ends(end_R, own.token_reward_K[end_R] + reward_R)
    spans = own.offsets[own.starts]
    token_K = sum_to_end(own.token_reward_K, spans, ends=ends)
    if settings.mask_step_ends:
        token_K[end_R] = 0.0
    return MinFormCredit(
        to_go_R,
        batch.from_own(token_K),
        transformed_R,
        reward_R,
        span_sum(transformed_R, own.starts),
        batch.mask_K,
        settings.mask_step_ends,
    )


def require_own_tokens(own: Trajectories) -> None:
    """Raise ValueError when a step has no own token that could carry its reward."""
    empty = (own.offsets.diff() == 0).nonzero().flatten()
    if empty.numel():
        place = own.place(int(empty[0]))
        raise ValueError(
            f"{empty.numel()} steps have no own token, the first in {place}: "
            "leave them out or join them to a step that acts"
        )


def _transform(reward_R: Tensor, offsets: Tensor, settings: MinFormSettings) -> Tensor:
    if not settings.use_process:
        return torch.zeros_like(reward_R)
    if settings.form == "sum":
        return reward_R.clone()
    if settings.form == "strict":
        return strict_min(reward_R, offsets)
    return soft_min(reward_R, offsets, settings.temperature)


def _baseline_of_steps(
    reward_R: Tensor, own: Trajectories, settings: MinFormSettings
) -> Tensor:
    """Return what the others of the cohort earn in a step of this length: [R], 0 without others."""
    length_R = own.offsets.diff()
    total_N = span_sum(reward_R, own.starts)
    if settings.baseline == "none":
        return torch.zeros_like(reward_R)
    if settings.baseline == "step":
        rate_N = _mean_of_others(total_N / own.starts.diff(), own)
        return rate_N[own.trajectory]

    cohort_N, cohorts = own.cohort, own.cohorts
    length_N = span_sum(length_R.double(), own.starts)
    others_tokens_N = others_sum(length_N, cohort_N, cohorts)
    # What one token of the others earns, so that long answers do not weigh more.
    rate_N = others_sum(total_N, cohort_N, cohorts) / others_tokens_N.clamp(min=1)
    counted_R = length_R
    if settings.reference:
        counted_R = (length_R - 1).clamp(min=0)
    return rate_N[own.trajectory] * counted_R


def _mean_of_others(x_N: Tensor, own: Trajectories) -> Tensor:
    """Return the mean over the other trajectories of the cohort: [N], 0 where there are none."""
    cohort_N, cohorts = own.cohort, own.cohorts
    size_C = group_size(cohort_N, cohorts)
    peers_N = size_C[cohort_N] - 1
    return others_sum(x_N, cohort_N, cohorts) / peers_N.clamp(min=1)
