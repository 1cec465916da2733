"""Min-form credit (PURE): an answer is worth its worst step, so that step carries the credit."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    Ends,
    as_data,
    min_to_end,
    next_in_span,
    others_sum,
    span_sum,
    spread,
    sum_to_end,
    whiten,
)

Form = Literal["soft", "strict", "sum"]
Baseline = Literal["token", "step", "none"]


@dataclass(frozen=True, slots=True)
class MinFormSettings:
    """Numbers of the min form; defaults from PURE's training script."""

    form: Form = "soft"
    """`soft` minimum, `strict` minimum over steps, or the plain `sum` of process rewards."""
    temperature: float = 0.1
    """Temperature T of the soft minimum, in units of process reward."""
    baseline: Baseline = "token"
    outcome_weight: float = 1.0
    """Weight of the outcome, less the mean of the others, at the last step."""
    use_process: bool = True
    """False leaves the outcome alone (the published VR mode)."""
    mask_step_ends: bool = False
    """Set the credit of the last token of each step to 0 (default of the released trainer)."""

    def __post_init__(self) -> None:
        """Raise ValueError on a choice that does not exist or a temperature not above 0."""
        if self.form not in ("soft", "strict", "sum"):
            raise ValueError(
                f"form {self.form!r} is unknown: choose soft, strict or sum"
            )
        if self.baseline not in ("token", "step", "none"):
            raise ValueError(
                f"baseline {self.baseline!r} is unknown: choose token, step or none"
            )
        if self.form == "soft" and not self.temperature > 0:
            raise ValueError(f"temperature must be above 0, got {self.temperature}")


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

    def normalised(self, *, reference: bool = False) -> Tensor:
        """Advantages with mean 0 and variance 1 over the own tokens: [K].

        `reference` leaves out tokens by their value 0, divides both sums by the number left but
        sums the variance over all tokens, and keeps the zeros, as the released trainer does.
        """
        if not reference:
            few = int(self.own_K.sum()) < 2
            white_K = (
                torch.zeros_like(self.token_K)
                if few
                else whiten(self.token_K, self.own_K)
            )
            return torch.where(self.own_K, white_K, 0.0)
        x_K = self.token_K
        kept = (x_K != 0).sum()
        mean = x_K.sum() / kept
        variance = (((x_K - mean) ** 2) * self.own_K).sum() / kept
        white_K = (x_K - mean) * variance.clamp(min=1e-8).rsqrt()
        return torch.where(x_K != 0, white_K, 0.0) if self.ends_masked else white_K


def soft_min(
    reward_R: Tensor, offsets: Tensor, temperature: float | None = 0.1
) -> Tensor:
    """r_i softmax_i(-r / T) over the steps of each answer: [R]; weights 1/n when T is None.

    Summed over an answer this tends to min r as T tends to 0.
    Source: Cheng et al. 2025, arXiv 2504.15275, Eq. 6.
    """
    if temperature is None:
        return reward_R / spread(offsets.diff(), offsets).clamp(min=1)
    logit_R = -reward_R / temperature
    top_N = torch.full((offsets.numel() - 1,), -torch.inf, dtype=reward_R.dtype)
    answer_R = torch.repeat_interleave(offsets.diff())
    top_N.scatter_reduce_(0, answer_R, logit_R, "amax")
    weight_R = torch.exp(logit_R - top_N[answer_R])
    return reward_R * weight_R / span_sum(weight_R, offsets)[answer_R]


def strict_min(reward_R: Tensor, offsets: Tensor) -> Tensor:
    """Step rewards whose sum from step i on is exactly the minimum of r from i on: [R].

    The minimum runs over steps alone. The sum telescopes: r*_i = min_{j>=i} r_j - min_{j>i} r_j.
    """
    to_go_R = min_to_end(reward_R, offsets)
    return to_go_R - next_in_span(to_go_R, offsets)


def from_logits(logit_R2: Tensor) -> Tensor:
    """Process rewards p(right) - p(wrong) in (-1, 1) from the judge's logits [wrong, right]."""
    return torch.tanh((logit_R2[:, 1] - logit_R2[:, 0]) / 2)


def min_form(
    batch: Trajectories,
    process_reward_R: Tensor,
    solved_N: Tensor,
    settings: MinFormSettings = MinFormSettings(),
    *,
    reference: bool = False,
) -> MinFormCredit:
    """Credit of each row (step) and token: the sum of baselined step rewards from it to the end.

    process_reward_R: raw rewards in (-1, 1); solved_N: outcome of each trajectory in [0, 1]. Peers
    are the other trajectories of the cohort; without any, nothing is subtracted. Token rewards of
    the batch (a KL penalty) are added. `reference` takes rewards as already transformed and counts
    content tokens (all but the last of a step) in the token baseline of a step, yet all tokens
    in the rate. That a lone answer has baseline 0, and keeps its outcome whole, is decided by us in
    both forms, since the reference then divides nothing by nothing and no known case shows what
    it makes of that.
    Source: Cheng et al. 2025, arXiv 2504.15275, and its OpenRLHF code. Time K log L.
    """
    process_reward_R, solved_N = as_data(process_reward_R), as_data(solved_N)
    own = batch.own()
    require_own_tokens(own)
    transformed_R = _transform(
        process_reward_R, own.starts, settings, reference=reference
    )
    length_R = own.offsets.diff()
    content_R = (length_R - 1).clamp(min=0) if reference else length_R
    rate_N = _baseline(transformed_R, length_R, own, settings.baseline)
    weight_R = content_R if settings.baseline == "token" else torch.ones_like(content_R)
    reward_R = transformed_R - rate_N[own.trajectory] * weight_R
    last_N = own.starts[1:] - 1
    reward_R[last_N] += settings.outcome_weight * (
        solved_N - _mean_of_others(solved_N, own)
    )
    token_R = sum_to_end(reward_R, own.starts)
    end_R = own.offsets[1:] - 1
    ends = Ends(end_R, own.token_reward_K[end_R] + reward_R)
    token_K = sum_to_end(own.token_reward_K, own.offsets[own.starts], ends=ends)
    if settings.mask_step_ends:
        token_K[end_R] = 0.0
    outcome_N = span_sum(transformed_R, own.starts)
    return MinFormCredit(
        token_R,
        batch.from_own(token_K),
        transformed_R,
        reward_R,
        outcome_N,
        batch.mask_K,
        settings.mask_step_ends,
    )


def require_own_tokens(own: Trajectories) -> None:
    """Raise ValueError when a step has no own token that could carry its reward."""
    empty = (own.offsets.diff() == 0).nonzero().flatten()
    if empty.numel():
        r = int(empty[0])
        raise ValueError(
            f"{empty.numel()} steps have no own token, the first in episode "
            f"{int(own.episode_R[r])}, seat {int(own.seat_R[r])}, turn {int(own.turn_R[r])}: "
            "leave them out or join them to a step that acts"
        )


def judge_agreement(outcome_N: Tensor, solved_N: Tensor, known_N: Tensor) -> Tensor:
    """1 where a positive outcome reward agrees with the verified outcome, else 0; -1 if unknown."""
    agrees_N = ((outcome_N > 0) == (solved_N > 0.5)).to(outcome_N.dtype)
    return torch.where(known_N, agrees_N, -1.0)


def _transform(
    reward_R: Tensor, offsets: Tensor, settings: MinFormSettings, *, reference: bool
) -> Tensor:
    if not settings.use_process:
        return torch.zeros_like(reward_R)
    if reference or settings.form == "sum":
        return reward_R.clone()
    if settings.form == "strict":
        return strict_min(reward_R, offsets)
    return soft_min(reward_R, offsets, settings.temperature)


def _baseline(
    reward_R: Tensor, length_R: Tensor, own: Trajectories, baseline: Baseline
) -> Tensor:
    """What the others of the cohort earn a token, or a step; 0 without others: [N]."""
    total_N = span_sum(reward_R, own.starts)
    if baseline == "none":
        return torch.zeros_like(total_N)
    if baseline == "step":
        return _mean_of_others(total_N / own.starts.diff(), own)
    cohort_N = own.cohort
    groups = own.cohorts
    tokens_N = others_sum(span_sum(length_R.double(), own.starts), cohort_N, groups)
    return others_sum(total_N, cohort_N, groups) / tokens_N.clamp(min=1)


def _mean_of_others(x_N: Tensor, own: Trajectories) -> Tensor:
    """Mean over the other trajectories of the cohort; 0 where there are none: [N]."""
    cohort_N = own.cohort
    groups = own.cohorts
    peers_N = cohort_N.bincount(minlength=groups)[cohort_N] - 1
    return others_sum(x_N, cohort_N, groups) / peers_N.clamp(min=1)
