"""SPO-chain: a segment of an episode earns how much it raised the Monte-Carlo value."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from shapley_coop.rl.credit.result import TurnCredit
from shapley_coop.rl.trajectories.batch import Trajectories
from shapley_coop.rl.trajectories.ragged import as_data, next_in_span, span_mean, spread

CERTAIN = 0.9
"""Sampling probability above which a token was no choice (SPO's fixed threshold)."""


class Rollout(NamedTuple):
    """One continuation from a branch point."""

    reward: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class SpoCredit(TurnCredit):
    """Segment advantages on tokens, before and after the probability mask."""

    unmasked_K: Tensor


def turn_starts(batch: Trajectories) -> Tensor:
    """First own token of every turn: [M], indices into the own tokens."""
    offsets = batch.own().offsets
    return offsets[:-1][offsets.diff() > 0]


def equal_starts(spans: Tensor, segments: int, *, reference: bool = False) -> Tensor:
    """First token of each of `segments` parts of equal length, the first ones longer by one: [M].

    spans: token offsets of the trajectories. That the longer parts come first is what the reference
    does: its 10 tokens in 4 parts fall into 3, 3, 2 and 2. `reference` leaves out the first part,
    whose value (that of the prompt) the reference does not estimate.
    """
    if segments < 1:
        raise ValueError(f"segments must be at least 1, got {segments}")
    length_N = spans.diff()[:, None]
    part = torch.arange(1 if reference else 0, segments)[None, :]
    start = part * (length_N // segments) + torch.minimum(part, length_N % segments)
    fits = (start < length_N) & ((part == 0) | (start > 0))
    return (spans[:-1, None] + start)[fits]


def cutpoint_starts(
    prob_K: Tensor, spans: Tensor, interval: int = 5, *, reference: bool = False
) -> Tensor:
    """Every interval-th token with probability below 0.9, from the 0th on, starts a segment: [M].

    The first token always starts one, so that the prompt's value counts; with `reference` only if
    it is such a token. Source: Guo et al. 2025, arXiv 2505.23564, section 4.1.
    """
    if interval < 1:
        raise ValueError(f"interval must be at least 1, got {interval}")
    unsure_K = prob_K < CERTAIN
    rank_K = unsure_K.cumsum(0) - unsure_K.long()
    full_N = spans.diff() > 0
    first_N = spans[:-1][full_N]
    rank_K = rank_K - torch.repeat_interleave(rank_K[first_N], spans.diff()[full_N])
    start_K = unsure_K & (rank_K % interval == 0)
    if not reference:
        start_K[first_N] = True
    return start_K.nonzero().flatten()


def boundary_value(rollouts: Sequence[Rollout]) -> float:
    """Mean reward of the continuations; a truncated one counts 0."""
    if not rollouts:
        raise ValueError("a boundary value needs at least one rollout")
    return sum(0.0 if r.truncated else r.reward for r in rollouts) / len(rollouts)


def spo_chain(
    batch: Trajectories,
    start_M: Tensor,
    value_M: Tensor,
    score_N: Tensor,
    *,
    probability_mask: bool = True,
) -> SpoCredit:
    """Token credit [K]: V(next boundary) - V(own boundary), the score of the episode at its end.

    start_M: first own token of each segment, rising; value_M: value before that token, in the units
    of the score; score_N: outcome of each trajectory. Tokens before the first segment earn 0, as do
    tokens sampled with probability above 0.9 if so. A row's credit is the mean over its unmasked
    tokens. Source: Guo et al. 2025, arXiv 2505.23564, Eq. 5. Time K.
    """
    value_M, score_N = as_data(value_M), as_data(score_N)
    own = batch.own()
    if start_M.numel() != value_M.numel():
        raise ValueError(
            f"{start_M.numel()} segments start, but {value_M.numel()} values are given"
        )
    spans = own.offsets[own.starts]
    answer_M = torch.searchsorted(spans, start_M, right=True) - 1
    count_N = torch.bincount(answer_M, minlength=spans.numel() - 1)
    segment_spans = torch.cat([count_N.new_zeros(1), count_N.cumsum(0)])
    next_M = next_in_span(value_M, segment_spans)
    last_M = segment_spans[1:][count_N > 0] - 1
    next_M[last_M] = score_N[count_N > 0]
    raw_K = _on_tokens(next_M - value_M, start_M, spans)
    token_K = raw_K
    if probability_mask:
        certain_K = own.logprob_K > math.log(CERTAIN) + 1e-12
        token_K = torch.from_numpy(np.where(certain_K.numpy(), 0.0, raw_K.numpy()))
    row_R = span_mean(raw_K, own.offsets)
    return SpoCredit(row_R, batch.from_own(token_K), batch.from_own(raw_K))


def _on_tokens(gain_M: Tensor, start_M: Tensor, spans: Tensor) -> Tensor:
    """Spread the gain of each segment over its tokens; 0 on tokens before the first: [K]."""
    inner = spans[:-1].numpy()
    at = np.searchsorted(start_M.numpy(), inner)
    edges = np.append(np.insert(start_M.numpy(), at, inner), int(spans[-1]))
    gains = np.insert(gain_M.numpy(), at, 0.0)
    return spread(torch.from_numpy(gains), torch.from_numpy(edges))
