"""SPO-chain: a segment of an episode earns how much it raised the Monte-Carlo value."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from shapley_coop.rl.assignment.evidence import Evidence, outcomes, require
from shapley_coop.rl.assignment.method import (
    CreditMethod,
    Meaning,
    MethodSettings,
    Need,
)
from shapley_coop.rl.assignment.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.gate import as_data, as_whole, require_finite
from shapley_coop.rl.trajectories.ragged import (
    group_size,
    next_in_span,
    span_mean,
    spread,
)

CERTAIN = 0.9
"""Sampling probability above which a token was no choice (SPO's fixed threshold)."""


def was_choice(logprob_K: Tensor) -> Tensor:
    """Return which tokens could have been others: [K]. One of unknown (NaN) probability could."""
    # The small margin keeps a token at exactly 0.9 a choice, whatever its logarithm rounds to.
    certain_K = logprob_K > math.log(CERTAIN) + 1e-12
    return ~certain_K


class SpoChainSettings(MethodSettings):
    """Settings of SPO-chain."""

    probability_mask: bool = True
    """Whether tokens that were no choice earn 0."""


DEFAULTS = SpoChainSettings()


@dataclass(frozen=True, slots=True)
class SpoCredit(TurnCredit):
    """Segment advantages on tokens, before and after the probability mask."""

    unmasked_K: Tensor


class SpoChain(CreditMethod[SpoChainSettings]):
    """The rise of the Monte-Carlo value over a segment."""

    Settings = SpoChainSettings

    @property
    def needs(self) -> frozenset[Need]:
        """The value before each segment."""
        return frozenset({"branch values"})

    @property
    def meaning(self) -> Meaning:
        """What a turn added to the value."""
        return "own"

    def __call__(self, batch: Trajectories, evidence: Evidence) -> SpoCredit:
        """Return advantages of the segments of the evidence. Without any, turns are segments."""
        value_M = require(evidence.segment_value_M, "segment_value_M", "spo_chain")
        start_M = evidence.segment_start_M
        if start_M is None:
            start_M = turn_starts(batch)
        score_N = outcomes(batch, evidence)
        return spo_chain(batch, start_M, value_M, score_N, self.settings)


def turn_starts(batch: Trajectories) -> Tensor:
    """Return the first own token of every turn: [M], indices into the own tokens."""
    offsets = batch.own().offsets
    return offsets[:-1][offsets.diff() > 0]


def cutpoint_starts(
    prob_K: Tensor, spans: Tensor, interval: int = 5, *, reference: bool = False
) -> Tensor:
    """Every interval-th token that was a choice, from the 0th on, starts a segment: [M].

    The first token always starts one, so that the prompt's value counts. With `reference` it does
    so only if it is such a token. Source: Guo et al. 2025, arXiv 2505.23564, section 4.1.
    """
    if interval < 1:
        raise ValueError(f"interval must be at least 1, got {interval}")
    choice_K = was_choice(prob_K.log())
    rank_K = choice_K.cumsum(0) - choice_K.long()
    # Ranks are counted anew in each trajectory.
    length_N = spans.diff()
    full_N = length_N > 0
    first_N = spans[:-1][full_N]
    rank_K = rank_K - torch.repeat_interleave(rank_K[first_N], length_N[full_N])

    start_K = choice_K & (rank_K % interval == 0)
    if not reference:
        start_K[first_N] = True
    return start_K.nonzero().flatten()


def spo_chain(
    batch: Trajectories,
    start_M: Tensor,
    value_M: Tensor,
    score_N: Tensor,
    settings: SpoChainSettings = DEFAULTS,
) -> SpoCredit:
    """Token credit [K]: V(next boundary) - V(own boundary), the score of the episode at its end.

    start_M: first own token of each segment, rising. value_M: value before that token, in the units
    of the score. score_N: outcome of each trajectory. Tokens before the first segment earn 0, and
    so do, under `settings.probability_mask`, tokens sampled with probability above 0.9. A row's
    credit is the mean over its unmasked tokens.
    Source: Guo et al. 2025, arXiv 2505.23564, Eq. 5. Time K.
    """
    score_N = batch.per_trajectory(score_N, "outcome_N")
    own = batch.own()
    start_M, value_M = _segments(own, start_M, value_M)
    spans = own.offsets[own.starts]
    # Which trajectory each segment belongs to, and how many each has.
    answer_M = torch.searchsorted(spans, start_M, right=True) - 1
    count_N = group_size(answer_M, spans.numel() - 1)
    segment_spans = torch.cat([count_N.new_zeros(1), count_N.cumsum(0)])

    # Behind its last segment, an episode is worth its score.
    next_M = next_in_span(value_M, segment_spans)
    has_segments_N = count_N > 0
    last_M = segment_spans[1:][has_segments_N] - 1
    next_M[last_M] = score_N[has_segments_N]

    raw_K = _on_tokens(next_M - value_M, start_M, answer_M, spans)
    token_K = raw_K
    if settings.probability_mask:
        token_K = torch.where(was_choice(own.logprob_K), raw_K, 0.0)
    row_R = span_mean(raw_K, own.offsets)
    return SpoCredit(row_R, batch.from_own(token_K), batch.from_own(raw_K))


def _segments(
    own: Trajectories, start_M: Tensor, value_M: Tensor
) -> tuple[Tensor, Tensor]:
    """Return first tokens and values of the segments on the batch's device.

    Raises:
        ValueError: they are not one finite value a segment, or starts do not rise inside the batch.
    """
    if start_M.shape != value_M.shape or start_M.ndim != 1:
        raise ValueError(
            f"{start_M.numel()} segments start, but {value_M.numel()} values are given"
        )
    value_M = as_data(value_M).to(own.device)
    require_finite(value_M, "segment_value_M", lambda m: f"segment {m}")
    start_M = as_whole(start_M, "segment_start_M").to(own.device)
    tokens = own.mask_K.numel()
    outside_M = (start_M < 0) | (start_M >= tokens)
    if bool(outside_M.any()) or bool((start_M.diff() <= 0).any()):
        raise ValueError(
            f"segment_start_M must rise from token to token inside the {tokens} own tokens, "
            f"got {start_M.tolist()[:9]}"
        )
    return start_M, value_M


def _on_tokens(
    gain_M: Tensor, start_M: Tensor, answer_M: Tensor, spans: Tensor
) -> Tensor:
    """Spread the gain of each segment over its tokens: [K], 0 on tokens before the first.

    `answer_M` is the trajectory of each segment.
    """
    answers, segments = spans.numel() - 1, start_M.numel()
    # Each trajectory gets a segment of gain 0 in front of its own, at its place in the order.
    number_N = torch.arange(answers, device=spans.device)
    opening_N = number_N + torch.searchsorted(start_M, spans[:-1])
    own_M = torch.arange(segments, device=spans.device) + answer_M + 1
    edges = spans.new_empty(answers + segments + 1)
    edges[opening_N] = spans[:-1]
    edges[own_M] = start_M
    edges[-1:] = spans[-1:]
    gains = gain_M.new_zeros(answers + segments)
    gains[own_M] = gain_M
    return spread(gains, edges)
