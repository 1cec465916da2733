"""Min-form credit with one leave-one-out constant an answer: the token-level version of PURE."""

from dataclasses import dataclass
from typing import Annotated

import torch
from pydantic import Field
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
from shapley_coop.rl.credit.min_form import (
    Form,
    require_own_tokens,
    soft_min,
    strict_min,
)
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import (
    group_size,
    others_sum,
    span_sum,
    spread,
    subtract_,
    whiten,
    whiten_own,
)
from shapley_coop.rl.trajectories.scans import Ends, min_to_end, sum_to_end


class RlooSettings(MethodSettings):
    """Settings of the token-level min form."""

    form: Form = "soft"
    temperature: Positive = 0.1
    """Temperature T of the soft minimum, in units of process reward."""
    padded_length: Annotated[int, Field(ge=1)] | None = None
    """Tokens of a padded answer, which the reference divides by. None means the longest answer."""
    reference: bool = False
    """Whether padding counts as in the published code."""


DEFAULTS = RlooSettings()


@dataclass(frozen=True, slots=True)
class RlooCredit(TurnCredit):
    """Token returns less a constant an answer."""

    step_score_R: Tensor
    """Score on the last token of each step, before the outcome."""
    own_K: Tensor

    def whiten(self, *, reference: bool = False) -> Tensor:
        """Advantages with mean 0 and variance 1 over the own tokens, and 0 elsewhere: [K].

        Fewer than two tokens give 0. With `reference` they raise ValueError.
        """
        if reference:
            return torch.where(self.own_K, whiten(self.token_K, self.own_K), 0.0)
        return whiten_own(self.token_K, self.own_K, self.own_K)


class MinFormRloo(CreditMethod[RlooSettings]):
    """The min form with one leave-one-out constant an answer."""

    Settings = RlooSettings

    @property
    def needs(self) -> frozenset[Need]:
        """A process reward for each step."""
        return frozenset({"process rewards"})

    @property
    def meaning(self) -> Meaning:
        """What is earned from a turn on."""
        return "onward"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> RlooCredit:
        """Return token returns from `evidence.process_reward_R` and the outcomes."""
        process_R = require(
            evidence.process_reward_R, "process_reward_R", "min_form_rloo"
        )
        outcome_N = outcomes(batch, evidence)
        return min_form_rloo(batch, process_R, outcome_N, self.settings)


def min_form_rloo(
    batch: Trajectories,
    process_reward_R: Tensor,
    outcome_N: Tensor,
    settings: RlooSettings = DEFAULTS,
) -> RlooCredit:
    """Return to go of each token, less the others' mean return a token.

    process_reward_R: raw step rewards. outcome_N: weighted outcome, added at the last token. The
    sound form counts true tokens, takes the strict minimum over steps and subtracts nothing from a
    lone answer. `settings.reference` divides by the padded length (default: the longest answer),
    takes the minimum over every token and padding position, where scores are 0, and gives a lone
    answer NaN.

    Decided by us, since no known case of the reference has a strict minimum and a weighted outcome:
    with `reference` the outcome joins the last score before the minimum is taken, because that code
    writes both on the last token and forms returns from the sum. In the sound form the outcome is
    no step and is added to the minimum, so that a bad step cannot hide it.
    Source: Cheng et al. 2025, arXiv 2504.15275, verl code. Time K log L.
    """
    process_reward_R = batch.per_row(process_reward_R, "process_reward_R")
    outcome_N = batch.per_trajectory(outcome_N, "outcome_N")
    own = batch.own()
    require_own_tokens(own)
    score_R = _scores(process_reward_R, own.starts, settings)
    end_R = own.offsets[1:] - 1
    ends = Ends(end_R, own.token_reward_K[end_R] + score_R)
    # The outcome is known at the last step, so it is paid there.
    ends.value_M[own.starts[1:] - 1] += outcome_N

    spans = own.offsets[own.starts]
    padded_length = settings.padded_length
    if padded_length is None:
        padded_length = _longest(spans)
    if settings.form == "strict" and settings.reference:
        token_K = own.token_reward_K.index_copy(0, end_R, ends.value_M)
        return_K = _padded_min(token_K, spans, padded_length)
    else:
        return_K = sum_to_end(own.token_reward_K, spans, ends=ends)

    if settings.reference:
        baseline_N = _padded_mean_of_others(return_K, spans, own, padded_length)
    else:
        baseline_N = _token_mean_of_others(return_K, spans, own)
    # In place, since the returns are not needed any more and may be large.
    advantage_K = subtract_(return_K, baseline_N, spans)
    row_R = advantage_K[own.offsets[:-1]]
    return RlooCredit(row_R, batch.from_own(advantage_K), score_R, batch.mask_K)


def _scores(reward_R: Tensor, offsets: Tensor, settings: RlooSettings) -> Tensor:
    """Return what each step's last token is scored with, before the outcome: [R]."""
    if settings.form == "soft":
        return soft_min(reward_R, offsets, settings.temperature)
    # The reference takes its strict minimum later, over tokens and padding.
    if settings.form == "strict" and not settings.reference:
        return strict_min(reward_R, offsets)
    return reward_R.clone()


def _longest(spans: Tensor) -> int:
    if spans.numel() < 2:
        return 0
    return int(spans.diff().max())


def _padded_min(token_K: Tensor, spans: Tensor, length: int) -> Tensor:
    """Return the minimum to the end of the padded row, to which padding contributes 0: [K]."""
    minimum_K = min_to_end(token_K, spans)
    is_padded_K = spread(spans.diff() < length, spans)
    return torch.where(is_padded_K, minimum_K.clamp(max=0.0), minimum_K)


def _token_mean_of_others(return_K: Tensor, spans: Tensor, own: Trajectories) -> Tensor:
    """Return the mean return a token over the other answers of the cohort: [N]."""
    cohort_N, cohorts = own.cohort, own.cohorts
    total_N = others_sum(span_sum(return_K, spans), cohort_N, cohorts)
    tokens_N = others_sum(spans.diff().double(), cohort_N, cohorts)
    return total_N / tokens_N.clamp(min=1)


def _padded_mean_of_others(
    return_K: Tensor, spans: Tensor, own: Trajectories, length: int
) -> Tensor:
    """Return the same over padded answers: [N], NaN for a lone answer."""
    cohort_N, cohorts = own.cohort, own.cohorts
    total_N = others_sum(span_sum(return_K, spans), cohort_N, cohorts)
    size_C = group_size(cohort_N, cohorts)
    peers_N = size_C[cohort_N] - 1
    divisor_N = torch.where(peers_N > 0, peers_N.double(), torch.nan)
    return total_N / (divisor_N * length)
