"""Min-form credit with one leave-one-out constant an answer: the token-level version of PURE."""

from dataclasses import dataclass
from typing import get_args

import torch
from torch import Tensor

from shapley_coop.rl.credit.min_form import (
    Form,
    require_own_tokens,
    soft_min,
    strict_min,
)
from shapley_coop.rl.credit.parameters import one_of
from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    Ends,
    as_data,
    min_to_end,
    others_sum,
    span_sum,
    spread,
    subtract_,
    sum_to_end,
    whiten,
)


@dataclass(frozen=True, slots=True)
class RlooCredit(TurnCredit):
    """Token returns less a constant an answer."""

    step_score_R: Tensor
    """Score on the last token of each step, before the outcome."""
    own_K: Tensor

    def whitened(self, *, reference: bool = False) -> Tensor:
        """Advantages with mean 0 and variance 1 over the own tokens; 0 elsewhere: [K].

        Fewer than two tokens give 0; with `reference`, ValueError.
        """
        if not reference and int(self.own_K.sum()) < 2:
            return torch.zeros_like(self.token_K)
        return torch.where(self.own_K, whiten(self.token_K, self.own_K), 0.0)


def min_form_rloo(
    batch: Trajectories,
    process_reward_R: Tensor,
    outcome_N: Tensor,
    *,
    form: Form = "soft",
    temperature: float = 0.1,
    padded_length: int | None = None,
    reference: bool = False,
) -> RlooCredit:
    """Return to go of each token, less the others' mean return a token.

    process_reward_R: raw step rewards; outcome_N: weighted outcome, added at the last token. The
    sound form counts true tokens, takes the strict minimum over steps and subtracts nothing from a
    lone answer. `reference` divides by the padded length (default: the longest answer), takes the
    minimum over every token and padding position, where scores are 0, and gives a lone answer NaN.

    Decided by us, since no known case of the reference has a strict minimum and a weighted outcome:
    with `reference` the outcome joins the last score before the minimum is taken, because that code
    writes both on the last token and forms returns from the sum. In the sound form the outcome is
    no step and is added to the minimum, so that a bad step cannot hide it.
    Source: Cheng et al. 2025, arXiv 2504.15275, verl code. Time K log L.
    """
    one_of("form", form, get_args(Form))
    if form == "soft" and not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    process_reward_R, outcome_N = as_data(process_reward_R), as_data(outcome_N)
    own = batch.own()
    require_own_tokens(own)
    score_R = process_reward_R.clone()
    if form == "soft":
        score_R = soft_min(process_reward_R, own.starts, temperature)
    elif form == "strict" and not reference:
        score_R = strict_min(process_reward_R, own.starts)
    spans = own.offsets[own.starts]
    end_R = own.offsets[1:] - 1
    ends = Ends(end_R, own.token_reward_K[end_R] + score_R)
    ends.value_M[own.starts[1:] - 1] += outcome_N
    length = padded_length or max(spans.diff().tolist(), default=0)
    if form == "strict" and reference:
        token_K = own.token_reward_K.index_copy(0, end_R, ends.value_M)
        return_K = _padded_min(token_K, spans, length)
    else:
        return_K = sum_to_end(own.token_reward_K, spans, ends=ends)
    baseline_N = _others_mean(return_K, spans, own, length if reference else None)
    advantage_K = subtract_(return_K, baseline_N, spans)
    row_R = advantage_K[own.offsets[:-1]]
    return RlooCredit(row_R, batch.from_own(advantage_K), score_R, batch.mask_K)


def _padded_min(token_K: Tensor, spans: Tensor, length: int) -> Tensor:
    """Minimum to the end of the padded row: padding contributes 0."""
    minimum_K = min_to_end(token_K, spans)
    padded_K = spread(spans.diff() < length, spans)
    return torch.where(padded_K, minimum_K.clamp(max=0.0), minimum_K)


def _others_mean(
    return_K: Tensor, spans: Tensor, own: Trajectories, padded_length: int | None
) -> Tensor:
    """Mean return a token over the other answers of the cohort: [N]."""
    cohort_N, groups = own.cohort, own.cohorts
    total_N = others_sum(span_sum(return_K, spans), cohort_N, groups)
    if padded_length is not None:
        peers_N = cohort_N.bincount(minlength=groups)[cohort_N] - 1
        alone_N = torch.where(peers_N > 0, peers_N.double(), torch.nan)
        return total_N / (alone_N * padded_length)
    tokens_N = others_sum(spans.diff().double(), cohort_N, groups)
    return total_N / tokens_N.clamp(min=1)
